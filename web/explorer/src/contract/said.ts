import { language } from '@muster/ui';

/** What the server's documents say in both languages. */
export interface Said {
  en: string;
  zh: string;
}

/** What is said in the language that is chosen, or in English where there is nothing in it. */
export const said = ({ en, zh }: Said): string => (language.value === 'zh' && zh !== '' ? zh : en);
