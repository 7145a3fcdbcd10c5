// The server's own pages in a real Chromium, used as a person would: by labels, roles and keys. The path of Chromium is the one
// argument. With WEB_DIST in the environment, pages and what they load come from that folder in the place of the server's, so that
// a page can be tried without compiling it in; their headers are the server's all the same.
import { readFile } from 'node:fs/promises';
import { drawing, held, launch } from './chromium.mjs';
import { serve } from './lines.mjs';

const browser = await launch();
const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const pages = new Map();
const PATIENCE = 20_000;

/** Answers what is in a folder of built pages from there. */
async function fromFolder(context, folder) {
  // Of such a page the browser does not know that it is of the machine that it connects to, and would ask.
  await context.grantPermissions(['local-network-access']);
  await context.route(/\/(console|explorer|room)\//, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname.startsWith('/console/api/')) return route.continue();
    const [, page, assets, name] = pathname.split('/');
    const file = assets === 'assets' ? `${folder}/${page}/assets/${name}` : `${folder}/${page}/index.html`;
    const headers = assets === 'assets' ? {} : (await route.fetch()).headers();
    delete headers['content-encoding'];
    return route.fulfill({ path: file, headers: { ...headers, 'content-type': { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' }[file.split('.').pop()] ?? 'text/html' } });
  });
}

const actions = {
  async open({ name, url, scheme = 'light', locale = 'en-GB', width = 1280, height = 800, phone = false }) {
    const context = await browser.newContext({
      colorScheme: scheme, locale, viewport: { width, height }, isMobile: phone, hasTouch: phone, deviceScaleFactor: phone ? 2 : 1,
    });
    if (process.env.WEB_DIST) await fromFolder(context, process.env.WEB_DIST);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const complaints = [];
    const hosts = new Set();
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    page.on('websocket', (socket) => hosts.add(new URL(socket.url()).host));
    pages.set(name, { page, complaints, hosts });
    await page.goto(url);
  },
  async go({ page: { page }, url }) { await page.goto(url); },
  async fill({ page: { page }, label, text }) { await page.getByLabel(label, { exact: true }).fill(text); },
  async choose({ page: { page }, label, option }) { await page.getByLabel(label, { exact: true }).selectOption(option); },
  async press({ page: { page }, button, nth = 0 }) {
    await page.getByRole('button', { name: button, exact: true }).nth(nth).click();
  },
  async follow({ page: { page }, link }) { await page.getByRole('link', { name: link, exact: true }).first().click(); },
  async key({ page: { page }, key }) { await page.keyboard.press(key); },
  async see({ page: { page }, text }) { await page.getByText(text).filter({ visible: true }).first().waitFor(); },
  async gone({ page: { page }, text }) { await page.getByText(text).first().waitFor({ state: 'hidden' }); },
  async text({ page: { page }, selector }) { return page.locator(selector).first().innerText(); },
  async count({ page: { page }, selector }) { return page.locator(selector).count(); },
  async scroll({ page: { page }, selector, to }) {
    await page.locator(selector).first().evaluate((element, to) => { element.scrollTop = to < 0 ? element.scrollHeight : to; }, to);
  },
  async evaluate({ page: { page }, script }) { return page.evaluate(script); },
  async address({ page: { page } }) { return page.url(); },
  async theme({ page: { page }, scheme }) { await page.emulateMedia({ colorScheme: scheme }); },
  /** What is wrong in a page by axe-core, as one line each. It is run beside the page's own policy, which lets no script in. */
  async faults({ page: { page } }) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`));
  },
  /** Whether something can be scrolled to beyond the right edge. */
  async overflows({ page: { page } }) {
    return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);
  },
  held({ page: { page } }) { return held(page); },
  drawing({ page: { page } }) { return drawing(page); },
  async picture({ page: { page }, path }) { await page.screenshot({ path }); },
  complaints({ page: { complaints } }) { return complaints; },
  hosts({ page: { hosts } }) { return [...hosts]; },
  async close({ name, page: { page } }) {
    await page.context().close();
    pages.delete(name);
  },
};

serve(
  (request) => actions[request.do]({ ...request, page: pages.get(request.name) }),
  (error) => ({ class: error.constructor.name, code: null, message: error.message }),
);
