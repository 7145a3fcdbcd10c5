import { effect, signal } from '@preact/signals';
import { remember, remembered } from './remembered.ts';

export type Language = 'en' | 'zh';

/** Each language by its own name. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: 'English', zh: '简体中文' };

const TAGS: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' };

/** The language of what a browser prefers. */
export function preferred(tags: readonly string[]): Language {
  for (const tag of tags) {
    if (/^zh\b/i.test(tag)) return 'zh';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

const held = remembered('language');

/** The language of this browser's pages. */
export const language = signal<Language>(
  held === 'en' || held === 'zh' ? held : preferred(globalThis.navigator?.languages ?? []),
);

/** The language's tag, as `Intl` and `lang` attributes take it. */
export const languageTag = (): string => TAGS[language.value];

effect(() => {
  const tag = languageTag();
  if (globalThis.document) document.documentElement.lang = tag;
});

/** Chooses a language, and remembers it. */
export function setLanguage(chosen: Language): void {
  language.value = chosen;
  remember('language', chosen);
}
