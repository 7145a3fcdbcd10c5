// A real Chromium: npm centrifuge in a page, and pages that are used as a person would, by their labels and roles.
// The path of Chromium is the one argument.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { launch } from './chromium.mjs';
import { serve, write } from './lines.mjs';

const browser = await launch();
const pages = new Map();

/** What is wrong in a page by axe-core, as one line each. */
async function faults(page) {
  await page.addScriptTag({ path: new URL('node_modules/axe-core/axe.min.js', import.meta.url).pathname });
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

const actions = {
  async open({ name, url, scheme }) {
    const context = await browser.newContext({ colorScheme: scheme });
    const page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    pages.set(name, { page, complaints });
  },
  async fill({ page: { page }, label, text }) { await page.getByLabel(label, { exact: true }).fill(text); },
  async choose({ page: { page }, label, option }) { await page.getByLabel(label, { exact: true }).selectOption({ label: option }); },
  async press({ page: { page }, button }) { await page.getByRole('button', { name: button }).click(); },
  /** Waits until a text is seen, or is not any more. */
  async see({ page: { page }, text, gone }) {
    await page.getByText(text).first().waitFor({ state: gone ? 'hidden' : 'visible' });
  },
  async lines({ page: { page }, role }) { return page.getByRole(role).locator('> *').allInnerTexts(); },
  async enabled({ page: { page }, label }) { return page.getByLabel(label, { exact: true }).isEnabled(); },
  async background({ page: { page } }) { return page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches); },
  async faults({ page: { page } }) { return faults(page); },
  complaints({ page: { complaints } }) { return complaints; },
  async close({ name, page: { page } }) {
    await page.context().close();
    pages.delete(name);
  },
};

// The page in which the clients run: its scripts are the package's own builds for browsers.
const HTML = `<!doctype html><title>clients</title><script src="/centrifuge.js"></script>
<script>globalThis.json = Centrifuge;</script><script src="/centrifuge.protobuf.js"></script>
<script type="module">
  import { clientActions } from '/clients.mjs';
  globalThis.act = clientActions({ json, protobuf: Centrifuge }, tell, () => ({}));
</script>`;
const dist = new URL('node_modules/centrifuge/dist/', import.meta.url);
const files = {
  '/centrifuge.js': new URL('centrifuge.js', dist),
  '/centrifuge.protobuf.js': new URL('centrifuge.protobuf.js', dist),
  '/clients.mjs': new URL('clients.mjs', import.meta.url),
};

let home;

/** The page of the clients, opened when the first of them is. */
function clientPage() {
  home ??= (async () => {
    const server = createServer(async (request, response) => {
      const file = files[request.url];
      response.setHeader('content-type', file ? 'text/javascript' : 'text/html');
      response.end(file ? await readFile(file) : HTML);
    });
    await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
    const page = await (await browser.newContext()).newPage();
    await page.exposeFunction('tell', write);
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => globalThis.act);
    return page;
  })();
  return home;
}

/** What a client in the page does: its error comes over as a value, for a thrown one would lose its number. */
async function act(request) {
  const page = await clientPage();
  const { error, result } = await page.evaluate(
    (request) => globalThis.act(request).then((result) => ({ result }), ({ code, message }) => ({ error: { code, message } })),
    request,
  );
  if (error) throw Object.assign(new Error(error.message), error);
  return result;
}

serve(
  (request) => (request.handle ? act(request) : actions[request.do]({ ...request, page: pages.get(request.name) })),
  (error) => ({ class: error.constructor.name, code: error.code ?? null, message: error.message }),
);
