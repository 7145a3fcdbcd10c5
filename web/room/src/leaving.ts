/** Leaving is asked for once, by a second press at the same place; whoever thinks better of it has nothing to do. */

/** How long the question stands, in milliseconds. */
const STANDS = 6_000;

export function askOnce(details: HTMLDetailsElement): void {
  const button = details.querySelector('button');
  const summary = details.querySelector('summary');
  let timer: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    details.open = false;
  };
  details.addEventListener('toggle', () => {
    clearTimeout(timer);
    if (!details.open) return;
    button?.focus();
    timer = setTimeout(close, STANDS);
  });
  button?.addEventListener('blur', close);
  details.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !details.open) return;
    close();
    summary?.focus();
  });
}
