/** What this browser remembers; where it may not, a page goes on without. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`muster.${name}`);
  } catch {
    return null;
  }
}

/** Has this browser remember a text, or forget it. */
export function remember(name: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(`muster.${name}`);
    else localStorage.setItem(`muster.${name}`, text);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
}
