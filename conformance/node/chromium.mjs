// A real Chromium, whose path is the one argument of the program that starts it.
import { chromium } from 'playwright-core';

/** Starts it. It ends with this process, and at once: Playwright's own way waits for it to take leave. */
export async function launch() {
  process.on('SIGTERM', () => process.exit(0));
  return chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox'], handleSIGTERM: false });
}
