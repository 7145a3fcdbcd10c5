import { effect, signal } from '@preact/signals';
import { remember, remembered } from './remembered.ts';

/** `system` follows what the system says. */
export type Theme = 'system' | 'light' | 'dark';

export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

const held = THEMES.find((theme) => theme === remembered('theme'));

/** The theme of this browser's pages. */
export const theme = signal<Theme>(held ?? 'system');

effect(() => {
  const chosen = theme.value;
  if (!globalThis.document) return;
  if (chosen === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
});

/** Chooses a theme, and remembers it. */
export function setTheme(chosen: Theme): void {
  theme.value = chosen;
  remember('theme', chosen === 'system' ? null : chosen);
}
