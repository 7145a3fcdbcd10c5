/** What the server's documents use of JSON Schema. */
export interface Schema {
  type?: string | string[];
  description?: string;
  enum?: (string | number | boolean)[];
  const?: string | number | boolean;
  oneOf?: Schema[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  /** How a list or an object travels: its items joined by commas, or as JSON text. */
  'x-list-style'?: 'simple' | 'json';
  /** What a text's length is counted in, when not in characters. */
  'x-length-unit'?: 'bytes';
}

/** A value that a parameter is given. Whole numbers are kept as they were written: some are longer than a number holds. */
export type Value = string | number | boolean | Value[] | { [name: string]: Value };

/** What a value is to a form and to a program. */
export type Kind = 'text' | 'integer' | 'boolean' | 'list' | 'map' | 'object' | 'objects';

/** The kind of a schema's values. */
export function kindOf(schema: Schema): Kind {
  const type = typeOf(schema);
  if (type === 'integer' || type === 'number') return 'integer';
  if (type === 'boolean') return 'boolean';
  if (type === 'array') return schema.items && typeOf(schema.items) === 'object' ? 'objects' : 'list';
  if (type === 'object') return schema.properties ? 'object' : 'map';
  return 'text';
}

/** The one type of a schema's values, beside null. */
export function typeOf(schema: Schema): string {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? schema.oneOf?.[0]?.type];
  return String(types.flat().find((type) => type !== 'null') ?? 'string');
}

/** The values that a schema allows one by one, and what each means where that is said. */
export function choicesOf(schema: Schema): { value: string; meaning: string }[] {
  if (schema.enum) return schema.enum.map((value) => ({ value: String(value), meaning: '' }));
  const choices = schema.oneOf?.filter((choice) => choice.const !== undefined) ?? [];
  return choices.map((choice) => ({ value: String(choice.const), meaning: choice.description ?? '' }));
}
