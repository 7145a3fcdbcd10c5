import { signal } from '@preact/signals';

/** What the time is, in milliseconds since 1970 UTC: moves on while the page is seen. */
export const now = signal(Date.now());

const EVERY_MILLIS = 5_000;

const tick = () => {
  if (!globalThis.document?.hidden) now.value = Date.now();
};

if (globalThis.document) {
  setInterval(tick, EVERY_MILLIS);
  document.addEventListener('visibilitychange', tick);
}
