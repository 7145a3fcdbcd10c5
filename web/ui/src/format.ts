// Numbers and times as people read them.
import { languageTag } from './language.ts';

/** A number with separators. */
export const counted = (value: number): string => new Intl.NumberFormat(languageTag()).format(value);

/** A number in few characters, for plots and tight places: 12.3K. */
export const shortly = (value: number): string =>
  new Intl.NumberFormat(languageTag(), { notation: 'compact', maximumFractionDigits: 1 }).format(value);

/** A moment, exactly. */
export const exactly = (millis: number): string =>
  new Intl.DateTimeFormat(languageTag(), { dateStyle: 'medium', timeStyle: 'medium' }).format(millis);

/** A moment's time of the day. */
export const clockTime = (millis: number): string =>
  new Intl.DateTimeFormat(languageTag(), {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(millis);

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
  ['year', Number.POSITIVE_INFINITY],
];

/** How long ago a moment is, or how far ahead. */
export function relatively(millis: number, now: number): string {
  let amount = (millis - now) / 1000;
  const format = new Intl.RelativeTimeFormat(languageTag(), { numeric: 'auto', style: 'short' });
  for (const [unit, next] of STEPS) {
    if (Math.abs(amount) < next) return format.format(Math.round(amount), unit);
    amount /= next;
  }
  return exactly(millis);
}

/** A text cut in its middle, so that both ends, by which ids are told apart, stay. */
export function cutMiddle(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const ends = characters - 1;
  return `${text.slice(0, Math.ceil(ends / 2))}…${text.slice(text.length - Math.floor(ends / 2))}`;
}
