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
