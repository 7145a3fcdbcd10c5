// The operations of a product, as its OpenAPI document tells them.
import { kindOf, type Schema, type Value } from './schema.ts';

export interface Parameter {
  name: string;
  required: boolean;
  description: string;
  schema: Schema;
}

export interface DocumentedError {
  status: number;
  code: string;
  message: string;
  when: string;
}

export interface Operation {
  product: string;
  version: string;
  name: string;
  method: 'GET' | 'POST';
  summary: string;
  /** What a caller should know beyond the summary, a paragraph each. */
  notes: string[];
  tag: string;
  /** The access level: get, list, create, update, delete or none. */
  level: string;
  ramAction: string;
  resources: string[];
  /** Calls in a second and account; null when none is documented. */
  quota: number | null;
  errors: DocumentedError[];
  parameters: Parameter[];
  answer: Schema;
  /** A good request as texts. `{#AppId}` and its like stand for what the caller has. */
  example: Record<string, string>;
}

export interface Product {
  code: string;
  title: string;
  version: string;
  operations: Operation[];
  /** What the gateway answers for every operation, before one is reached. */
  errors: DocumentedError[];
}

interface DocumentParameter {
  name: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
  content?: { 'application/json': { schema: Schema } };
}

interface DocumentOperation {
  summary: string;
  description?: string;
  tags?: string[];
  parameters: DocumentParameter[];
  responses: { 200: { content: { 'application/json': { schema: Schema } } } };
  'x-level': string;
  'x-ram-action': string;
  'x-ram-resources': string[];
  'x-quota': number | null;
  'x-errors': DocumentedError[];
  'x-example': Record<string, string>;
}

/** An OpenAPI document of the server's. */
export interface OpenApiDocument {
  info: { title: string; version: string };
  paths: Record<string, Record<string, DocumentOperation>>;
  'x-errors': DocumentedError[];
}

/** What says the same of every call, and is no parameter of an operation. */
const COMMON = new Set(['Version', 'Format']);

export function readProduct(code: string, document: OpenApiDocument): Product {
  const { title, version } = document.info;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .slice(0, 1)
      .map(([method, told]) => readOperation(code, version, path, method, told)),
  );
  return { code, title, version, operations, errors: document['x-errors'] };
}

function readOperation(
  product: string,
  version: string,
  path: string,
  method: string,
  told: DocumentOperation,
): Operation {
  return {
    product,
    version,
    name: path.slice('/?Action='.length),
    method: method === 'get' ? 'GET' : 'POST',
    summary: told.summary,
    notes: told.description?.split('\n\n') ?? [],
    tag: told.tags?.[0] ?? '',
    level: told['x-level'],
    ramAction: told['x-ram-action'],
    resources: told['x-ram-resources'],
    quota: told['x-quota'],
    errors: told['x-errors'],
    parameters: told.parameters.filter(({ name }) => !COMMON.has(name)).map(readParameter),
    answer: told.responses[200].content['application/json'].schema,
    example: told['x-example'],
  };
}

function readParameter(told: DocumentParameter): Parameter {
  const schema = told.schema ?? told.content?.['application/json'].schema ?? {};
  return { name: told.name, required: told.required ?? false, description: told.description ?? '', schema };
}

/** The value that a text of the wire stands for, by a parameter's schema. */
export function wireValue(schema: Schema, text: string): Value {
  switch (kindOf(schema)) {
    case 'list':
      return text === '' ? [] : text.split(',');
    case 'map':
    case 'object':
    case 'objects':
      return JSON.parse(text) as Value;
    case 'boolean':
      return text === 'true';
    default:
      return text;
  }
}

/** The operation's example, by parameter, with what the caller has in the place of `{#AppId}` and its like. */
export function exampleOf(operation: Operation, has: Record<string, string>): Record<string, Value> {
  const filled = (text: string) => text.replace(/\{#(\w+)\}/g, (placeholder, name: string) => has[name] ?? placeholder);
  const given = operation.parameters.filter(({ name }) => operation.example[name] !== undefined);
  return Object.fromEntries(
    given.map(({ name, schema }) => [name, wireValue(schema, filled(operation.example[name] ?? ''))]),
  );
}
