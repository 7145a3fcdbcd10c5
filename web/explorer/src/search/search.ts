// The search over operations, their parameters and errors, and the realtime contract.
import type { Contract } from '../contract/load.ts';
import type { Operation } from '../contract/operation.ts';
import type { Said } from '../contract/said.ts';
import { words } from './search.words.ts';

/** Something with an address of its own. */
export interface Entry {
  path: string;
  name: string;
  /** What it is listed under. */
  section: Said;
  summary: Said;
  /** Names of parameters and members. */
  parts: string[];
  /** Codes of errors. */
  codes: string[];
  /** What else is said of it, in small letters. */
  text: string;
}

export interface Found {
  entry: Entry;
  /** What of it was meant, where it is not its name: a parameter's or an error's name. */
  by: string | undefined;
}

export const pathOf = ({ product, name }: Pick<Operation, 'product' | 'name'>): string =>
  `/explorer/${product}/${name}`;
export const realtimePath = (name: string): string => `/explorer/realtime/${name}`;

const CALLS: Said = { en: words.en.calls, zh: words.zh.calls };
const EVENTS: Said = { en: words.en.events, zh: words.zh.events };

/** Everything that has an address, in the order of the contract. */
export function entriesOf({ products, realtime }: Contract): Entry[] {
  const operations = products.flatMap(({ title, operations }) =>
    operations.map((operation) => ({
      path: pathOf(operation),
      name: operation.name,
      section: operation.tag.en ? operation.tag : { en: title, zh: title },
      summary: operation.summary,
      parts: operation.parameters.map(({ name }) => name),
      codes: operation.errors.map(({ code }) => code),
      text: [
        operation.summary.en,
        operation.summary.zh,
        ...operation.notes,
        ...operation.parameters.map(({ description }) => description),
      ]
        .join(' ')
        .toLowerCase(),
    })),
  );
  const calls = Object.entries(realtime.calls).map(([name, call]) => ({
    path: realtimePath(name),
    name,
    section: CALLS,
    summary: { en: call.who, zh: '' },
    parts: Object.keys(call.parameters.properties ?? {}),
    codes: call.errors.map(String),
    text: `${call.who} ${call.parameters.description ?? ''}`.toLowerCase(),
  }));
  const events = Object.entries(realtime.events).map(([name, event]) => ({
    path: realtimePath(name),
    name,
    section: EVENTS,
    summary: { en: event.data.description ?? '', zh: '' },
    parts: Object.keys(event.data.properties ?? {}),
    codes: [],
    text: (event.data.description ?? '').toLowerCase(),
  }));
  return [...operations, ...calls, ...events];
}

/** What is meant by some words: each must be found, names count before parameters and errors, those before texts. */
export function found(entries: Entry[], query: string): Found[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const rated = entries.flatMap((entry) => {
    const matches = words.map((word) => match(entry, word));
    if (matches.some((one) => one.score === 0)) return [];
    const score = matches.reduce((sum, one) => sum + one.score, 0);
    return [{ entry, by: matches.find(({ by }) => by)?.by, score }];
  });
  return rated.sort((one, other) => other.score - one.score);
}

function match(entry: Entry, word: string): { score: number; by?: string | undefined } {
  const name = entry.name.toLowerCase();
  if (name === word) return { score: 200 };
  if (name.startsWith(word)) return { score: 120 };
  if (name.includes(word)) return { score: 100 };
  const named = (names: string[]) =>
    names.find((one) => one.toLowerCase() === word) ?? names.find((one) => one.toLowerCase().includes(word));
  const part = named(entry.parts);
  if (part) return { score: part.toLowerCase() === word ? 60 : 40, by: part };
  const code = named(entry.codes);
  if (code) return { score: 30, by: code };
  return { score: entry.text.includes(word) ? 10 : 0 };
}
