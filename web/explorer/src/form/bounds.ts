// What a schema demands, in words, and whether a value keeps to it. The server has the last word: nothing is held back here.
import { kindOf, type Schema, type Value } from '../contract/schema.ts';
import type { FormWords } from './form.words.ts';

/** Ids of the server's. */
const LETTERS = '^[A-Za-z0-9_.-]+$';

function range(least: number | undefined, most: number | undefined, say: FormWords): string | undefined {
  if (least !== undefined && most !== undefined) return say.between(String(least), String(most));
  if (least !== undefined) return say.atLeast(String(least));
  return most === undefined ? undefined : say.atMost(String(most));
}

/** The bounds of a schema, each as a few words. */
export function boundsOf(schema: Schema, say: FormWords): string[] {
  const kind = kindOf(schema);
  const length = range(schema.minLength, schema.maxLength, say);
  const items = range(schema.minItems, schema.maxItems, say);
  const pattern = schema.pattern ?? schema.items?.pattern;
  const told = [
    kind === 'integer' && !schema.enum ? say.number : undefined,
    range(schema.minimum, schema.maximum, say),
    length && (schema['x-length-unit'] === 'bytes' ? say.bytes(length) : say.characters(length)),
    items && say.items(items),
    pattern && (pattern === LETTERS ? say.letters : say.like(pattern)),
    schema.default === undefined || schema.default === null ? undefined : say.otherwise(String(schema.default)),
  ];
  return told.filter((one): one is string => Boolean(one));
}

/** What is wrong with a value, if anything. */
export function faultOf(schema: Schema, value: Value | undefined, say: FormWords): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (kindOf(schema) === 'integer') {
    if (!/^-?\d+$/.test(String(value))) return say.faultNumber;
    const number = Number(value);
    const outside = number < (schema.minimum ?? -Infinity) || number > (schema.maximum ?? Infinity);
    return outside ? say.faultBound(range(schema.minimum, schema.maximum, say) ?? '') : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const size = schema['x-length-unit'] === 'bytes' ? new TextEncoder().encode(value).length : [...value].length;
  if (size < (schema.minLength ?? 0) || size > (schema.maxLength ?? Infinity)) {
    const bound = range(schema.minLength, schema.maxLength, say) ?? '';
    return say.faultBound(schema['x-length-unit'] === 'bytes' ? say.bytes(bound) : say.characters(bound));
  }
  return schema.pattern && !new RegExp(schema.pattern, 'u').test(value) ? say.faultPattern : undefined;
}
