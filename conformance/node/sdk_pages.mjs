// Pages of an application's own origin, in Chromium, that use the browser client which a server offers under /sdk/.
// The path of Chromium is the one argument. What a page's listeners hear is written out.
import { createServer } from 'node:http';
import { launch } from './chromium.mjs';
import { serve, write } from './lines.mjs';

const browser = await launch();
const pages = new Map();

// The application's host: another origin than the server's. What the script defines is looked at right behind its tag.
const host = createServer((request, response) => {
  const script = new URL(request.url, 'http://host').searchParams.get('script');
  response.setHeader('content-type', 'text/html');
  response.end(`<!doctype html><title>An application</title><link rel="icon" href="data:,"><script src="${script}"></script>
    <script>
      const found = globalThis.AliVCInteraction ?? globalThis.AliyunInteraction;
      globalThis.synchronous = Object.entries(found ?? {}).map(([name, value]) => [name, typeof value]);
    </script>`);
});
await new Promise((ready) => host.listen(0, '127.0.0.1', ready));

/** In the page: an engine, what calls are made on, and listeners that pass on what they hear. */
function prepare() {
  const { ImEngine } = globalThis.AliVCInteraction ?? {};
  const { InteractionEngine } = globalThis.AliyunInteraction ?? {};
  const engine = ImEngine?.createEngine();
  const first = InteractionEngine?.create();
  const targets = {
    // The engine of the first generation.
    first: () => first,
    sdk: () => ImEngine,
    engine: () => engine,
    groups: () => engine.getGroupManager(),
    messages: () => engine.getMessageManager(),
  };
  const plain = (value) => (value instanceof Error ? { code: value.code, msg: value.msg, message: value.message } : value);
  globalThis.answers = [];
  Object.assign(globalThis, {
    watch(target, names) {
      for (const name of names) {
        targets[target]().on(name, (...given) => {
          globalThis.tell(name, JSON.parse(JSON.stringify(given.map(plain))));
          if (name === 'tokenexpired') given[0](...(globalThis.answers.shift() ?? [{ code: 1, msg: 'no more' }]));
        });
      }
    },
    async act(target, method, given) {
      try {
        return { result: await targets[target]()[method](...given) };
      } catch (error) {
        return { error: { class: error.name, ...plain(error) } };
      }
    },
  });
}

const actions = {
  async open({ name, script }) {
    const page = await (await browser.newContext()).newPage();
    await page.clock.install();
    const complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.exposeFunction('tell', (event, given) => write({ page: name, event, given }));
    await page.goto(`http://127.0.0.1:${host.address().port}/?script=${encodeURIComponent(script)}`);
    pages.set(name, { page, complaints });
    return page.evaluate(() => globalThis.synchronous);
  },
  prepare: ({ page }) => page.evaluate(prepare),
  watch: ({ page, target, names }) => page.evaluate(([target, names]) => globalThis.watch(target, names), [target, names]),
  async call({ page, target, method, given }) {
    const told = await page.evaluate((call) => globalThis.act(...call), [target, method, given]);
    if (told.error) throw Object.assign(new Error(told.error.message), { told: told.error });
    return told.result;
  },
  answer: ({ page, answer }) => page.evaluate((answer) => void globalThis.answers.push(answer), answer),
  /** Lets the page's timers find that time has passed. */
  pass: ({ page, length }) => page.clock.fastForward(length * 1000),
  /** Runs a piece of a program of the page's. */
  run: ({ page, code }) => page.evaluate(code),
  async close({ name, page }) {
    await page.context().close();
    const { complaints } = pages.get(name);
    pages.delete(name);
    return complaints;
  },
};

serve(
  (request) => actions[request.do]({ ...request, ...pages.get(request.name) }),
  (error) => ({ class: error.constructor.name, message: error.message, ...error.told }),
);
