// A call that samples are written of, and how its values travel.
import type { Endpoint, Format, WrittenCall } from '@muster/ui/samples';
import type { Operation } from '../contract/operation.ts';
import { kindOf, type Schema, type Value } from '../contract/schema.ts';

export interface Argument {
  name: string;
  schema: Schema;
  value: Value;
}

export interface SampledCall {
  operation: Operation;
  arguments: Argument[];
  endpoint: Endpoint;
  /** What the answer is asked for in. `XML` stands among the arguments too, since it travels as they do. */
  format: Format;
}

/** How a sample reaches the server: by classes of the operation, by a runtime for all operations, or by itself. */
export type Means = 'typed' | 'generic' | 'plain';

export interface Sample {
  code: string;
  means: Means;
  /** What must be installed first, as one types it; empty when nothing. */
  install: string;
  /** Whether it has its answer in JSON whatever is asked for. */
  jsonAlone?: boolean;
}

export interface Language {
  id: string;
  name: string;
  sample(call: SampledCall): Sample;
}

/** The call of an operation with these values; a parameter without one is left out. */
export function sampledCall(
  operation: Operation,
  values: Record<string, Value>,
  endpoint: Endpoint,
  format: Format = 'JSON',
): SampledCall {
  const given = operation.parameters.filter(({ name }) => values[name] !== undefined);
  const told = given.map(({ name, schema }) => ({ name, schema, value: values[name] as Value }));
  const asked = format === 'XML' ? [...told, { name: 'Format', schema: {}, value: format }] : told;
  return { operation, endpoint, format, arguments: asked };
}

/** An argument as the text that travels: lists joined by commas, structures as JSON. */
export function wireText({ schema, value }: Argument): string {
  if (typeof value !== 'object') return String(value);
  if (kindOf(schema) === 'list' && Array.isArray(value)) return value.map(String).join(',');
  return JSON.stringify(typedValue(schema, value));
}

/** A value with the numbers of a structure as numbers, which forms keep as texts. */
export function typedValue(schema: Schema, value: Value): Value {
  if (Array.isArray(value)) return value.map((item) => typedValue(schema.items ?? {}, item));
  if (typeof value === 'object') {
    const members = Object.entries(value);
    return Object.fromEntries(
      members.map(([name, member]) => [name, typedValue(schema.properties?.[name] ?? {}, member)]),
    );
  }
  const number = Number(value);
  return kindOf(schema) === 'integer' && Number.isSafeInteger(number) ? number : value;
}

/** Names and texts of all arguments. */
export function wireTexts(call: SampledCall): [string, string][] {
  return call.arguments.map((argument) => [argument.name, wireText(argument)]);
}

/** The call as the writers that the console has too take it. */
export function written(call: SampledCall): WrittenCall {
  const { name, version, method } = call.operation;
  return { name, version, method, endpoint: call.endpoint, texts: wireTexts(call), format: call.format };
}
