// Pages that guests open, in Chromium, used as a person would: by their labels, roles and texts, with and without scripts. The path of Chromium is the one
// argument.
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { held, launch } from './chromium.mjs';
import { serve } from './lines.mjs';

const browser = await launch();
const AXE = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const pages = new Map();
/** How long something may take that must come, and how often it is looked for, in milliseconds. */
const PATIENCE = 30_000;
const POLL = 30;

/** What is meant by a label, a role and its name, a text, or a CSS selector. */
function found({ page }, { label, role, name, text, css }) {
  if (label) return page.getByLabel(label, { exact: true });
  if (role) return page.getByRole(role, name ? { name, exact: true } : {});
  if (text) return page.getByText(text, { exact: true }).first();
  return page.locator(css);
}

const actions = {
  /** `context` is what a browser is like: its `viewport`, `locale`, `colorScheme`, `javaScriptEnabled`, … */
  async open({ name, url, context }) {
    const page = await (await browser.newContext(context)).newPage();
    const opened = { page, complaints: [], requests: [] };
    page.on('console', (message) => message.type() === 'error' && opened.complaints.push(message.text()));
    page.on('pageerror', (error) => opened.complaints.push(String(error)));
    page.on('request', (request) => opened.requests.push(request.url()));
    pages.set(name, opened);
    await page.goto(url);
  },
  async goto({ opened, url }) { await opened.page.goto(url); },
  async reload({ opened }) { await opened.page.reload(); },
  async fill({ opened, where, value }) { await found(opened, where).fill(value); },
  async press({ opened, where }) { await found(opened, where).click(); },
  async key({ opened, key }) { await opened.page.keyboard.press(key); },
  async type({ opened, text }) { await opened.page.keyboard.type(text); },
  /** Waits until something is seen, or is not any more. */
  async see({ opened, where, gone }) { await found(opened, where).waitFor({ state: gone ? 'hidden' : 'visible' }); },
  value({ opened, where }) { return found(opened, where).inputValue(); },
  texts({ opened, where }) { return found(opened, where).allInnerTexts(); },
  attribute({ opened, where, attribute }) { return found(opened, where).getAttribute(attribute); },
  /** What an expression of the page's comes to; with `until`, once that is true. */
  async run({ opened, code, until }) {
    for (const deadline = Date.now() + PATIENCE; ; ) {
      // Not by `waitForFunction`: it evaluates in the page, whose policy forbids that.
      const value = await opened.page.evaluate(code);
      if (value || !until) return value;
      if (Date.now() > deadline) throw new Error(`not within ${PATIENCE} ms: ${code}`);
      await setTimeout(POLL);
    }
  },
  async offline({ opened, offline }) { await opened.page.context().setOffline(offline); },
  /** As if the reader went to another tab, or came back: pages of a browser without windows are always seen. */
  async hide({ opened, hidden }) {
    await opened.page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  },
  async shot({ opened, path }) { await opened.page.screenshot({ path, animations: 'disabled' }); },
  /** What axe-core finds wrong, as one line each. It is put into the page as no script of the page's may be. */
  async faults({ opened: { page } }) {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`));
  },
  held({ opened: { page } }) { return held(page); },
  requests({ opened }) { return opened.requests; },
  async close({ name, opened }) {
    await opened.page.context().close();
    pages.delete(name);
    return opened.complaints;
  },
};

serve(
  (request) => actions[request.do]({ ...request, opened: pages.get(request.name) }),
  (error) => ({ class: error.constructor.name, message: error.message }),
);
