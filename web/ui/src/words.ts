// What a screen says, in both languages in one file: `screen.words.ts` beside `screen.tsx`.
//
//   export const words = bilingual({ en: { title: 'Apps', found: (n: number) => `${n} found` }, zh: { … } });
//   const say = useWords(words);   say.title   say.found(3)
import { language } from './language.ts';

/** What is said by one name: a text, or one made from what it is given. */
type Said = string | ((...given: never[]) => string);

/** The same names as in `T`, and where something is given, the same. */
type Like<T> = {
  [Name in keyof T]: T[Name] extends (...given: infer Given) => string ? (...given: Given) => string : string;
};

/** Words in both languages. */
export interface Bilingual<T> {
  readonly en: T;
  readonly zh: Like<T>;
}

/** Words in both languages: that none is missing is a matter of types; that none is empty, of a test (`testing.ts`). */
export function bilingual<T extends Record<string, Said>>(both: { en: T; zh: Like<T> }): Bilingual<Like<T>> {
  return both as unknown as Bilingual<Like<T>>;
}

/** The words in the language that is chosen; a component that asks is drawn again when another is. */
export function useWords<T>(both: Bilingual<T>): T {
  return language.value === 'zh' ? (both.zh as T) : both.en;
}
