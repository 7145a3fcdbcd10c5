// For the tests of the pages.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const files = (folder: string, end: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(end))
    .map((file) => join(folder, file));

const isBilingual = (value: unknown): value is Record<'en' | 'zh', Record<string, unknown>> =>
  typeof value === 'object' && value !== null && 'en' in value && 'zh' in value;

/** Names of things that are the same in every language. */
const SAME = /^(?:[\W\d]|AccessKey|JSON|XML|Python|curl|ID|Muster|WhatsApp|QR)*$/;

/** What is wrong with the words of a folder's `*.words.ts`, one line each. */
export async function faultsOfWords(folder: string): Promise<string[]> {
  const faults: string[] = [];
  for (const file of files(folder, '.words.ts')) {
    const module: Record<string, unknown> = await import(pathToFileURL(file).href);
    for (const [name, words] of Object.entries(module)) {
      if (!isBilingual(words)) continue;
      const { en, zh } = words;
      for (const key of new Set([...Object.keys(en), ...Object.keys(zh)])) {
        const at = `${file} ${name}.${key}`;
        if (!(key in en) || !(key in zh)) faults.push(`${at}: in one language alone`);
        else if (en[key] === '' || zh[key] === '') faults.push(`${at}: empty`);
        else if (typeof zh[key] === 'string' && !/\p{Script=Han}/u.test(zh[key]) && !SAME.test(zh[key]))
          faults.push(`${at}: not Chinese: ${zh[key]}`);
      }
    }
  }
  return faults;
}

/** Texts that stand in a folder's components themselves, where no language can be chosen, one line each. */
export function looseTexts(folder: string): string[] {
  const inMarkup = /(?<![=-])>\s*([A-Za-z\p{Script=Han}][^<>{}=;()]*?)\s*<\//gu;
  const inAttributes = /\b(?:aria-label|title|placeholder|alt)="([^"]*[A-Za-z\p{Script=Han}][^"]*)"/gu;
  return files(folder, '.tsx').flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const found = [...text.matchAll(inMarkup), ...text.matchAll(inAttributes)].map(([, said]) => said ?? '');
    return found.filter((said) => !SAME.test(said)).map((said) => `${file}: ${said}`);
  });
}
