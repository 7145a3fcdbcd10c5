// A call whose outcome is a screen of its own: it is told there.
import type { Made } from '@muster/ui';
import { signal } from '@preact/signals';

const held = signal<{ path: string; made: Made } | undefined>(undefined);

/** Has the screen at a path tell of the call that made what it shows. */
export function tellAt(path: string, made: Made): void {
  held.value = { path: new URL(path, location.href).pathname, made };
}

/** The call that made what the screen at a path shows, if it was made just now. */
export const madeAt = (path: string): Made | undefined => (held.value?.path === path ? held.value.made : undefined);
