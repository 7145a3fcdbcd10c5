import { SECTIONS } from './sections.ts';

const PENDING_MILLIS = 1_200;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/**
 * Listens to keys: `/` focuses the search of the screen, `g` and a letter go to a section, `?` asks for help. Nothing is heard
 * while somebody types, or with a key that is the browser's. What is returned ends it.
 */
export function listenToKeys({ go, help }: { go: (path: string) => void; help: () => void }): () => void {
  // When `g` was pressed, by the page's clock, which begins at 0 where the page does.
  let pending = Number.NEGATIVE_INFINITY;
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const wasPending = event.timeStamp - pending < PENDING_MILLIS;
    pending = Number.NEGATIVE_INFINITY;
    if (wasPending) {
      const section = SECTIONS.find(({ key }) => key === event.key);
      if (section) go(section.path);
    } else if (event.key === 'g') {
      pending = event.timeStamp;
    } else if (event.key === '?') {
      help();
    } else if (event.key === '/') {
      const search = document.querySelector<HTMLInputElement>('main input[type="search"]');
      if (!search) return;
      event.preventDefault();
      search.focus();
    }
  };
  document.addEventListener('keydown', press);
  return () => document.removeEventListener('keydown', press);
}
