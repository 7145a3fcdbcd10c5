// A real Chromium, whose path is the one argument of the program that starts it.
import { chromium } from 'playwright-core';

/** Starts it. It ends with this process, and at once: Playwright's own way waits for it to take leave. */
export async function launch() {
  process.on('SIGTERM', () => process.exit(0));
  return chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox'], handleSIGTERM: false });
}

/**
 * What a page still holds after everything that nobody holds was let go: nodes of documents, and listeners. Objects of its script
 * are not counted: by when it is looked at, half as many again are there and held by nothing of the page.
 */
export async function held(page) {
  const inside = await page.context().newCDPSession(page);
  await inside.send('HeapProfiler.enable');
  for (const _ of [1, 2]) await inside.send('HeapProfiler.collectGarbage');
  const { nodes, jsEventListeners: listeners } = await inside.send('Memory.getDOMCounters');
  await inside.detach();
  return { nodes, listeners };
}

/**
 * A page as it is seen, as an SVG image that stands by itself: its elements and styles as they are, without script, addresses or
 * what is scrolled away. Whoever looks at it sees it in their own theme.
 */
export function drawing(page) {
  return page.evaluate(async () => {
    const { documentElement: seen, styleSheets } = document;
    const html = seen.cloneNode(true);
    const fields = (of) => [...of.querySelectorAll('input, textarea, option')];
    fields(html).forEach((field, at) => {
      const { value, selected, checked } = fields(seen)[at];
      if (field.localName === 'textarea') field.textContent = value;
      if (field.localName === 'input') field.setAttribute('value', value);
      field.toggleAttribute('selected', Boolean(selected));
      field.toggleAttribute('checked', Boolean(checked));
    });
    for (const other of html.querySelectorAll('script, link, style, meta, template, dialog:not([open])')) other.remove();
    for (const link of html.querySelectorAll('[href]')) link.setAttribute('href', '#');
    for (const image of html.querySelectorAll('img')) {
      const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
      const kind = image.src.endsWith('.svg') ? 'image/svg+xml' : 'image/png';
      image.setAttribute('src', `data:${kind};base64,${btoa(String.fromCharCode(...bytes))}`);
    }
    const style = document.createElement('style');
    style.textContent = [...styleSheets].flatMap(({ cssRules }) => [...cssRules].map(({ cssText }) => cssText)).join('\n');
    html.querySelector('head').append(style);
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    for (const { name, value } of seen.attributes) svg.setAttribute(name, value);
    const [width, height] = [innerWidth, innerHeight];
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) svg.setAttribute(name, value);
    const inside = document.createElementNS('http://www.w3.org/2000/svg', 'foreignObject');
    for (const [name, value] of Object.entries({ width, height })) inside.setAttribute(name, value);
    inside.append(html);
    svg.append(inside);
    // Lines end inside tags, where they mean nothing.
    return `${new XMLSerializer().serializeToString(svg).replaceAll(/(?<!\/)></g, '\n><')}\n`;
  });
}
