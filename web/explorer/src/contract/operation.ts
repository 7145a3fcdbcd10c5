// The operations of a product, as its OpenAPI document tells them.
import type { Said } from './said.ts';
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
  when: Said;
}

/** An error as a document has it. */
interface ToldError extends Omit<DocumentedError, 'when'> {
  when: string;
  when_zh: string;
}

export interface Operation {
  product: string;
  version: string;
  name: string;
  method: 'GET' | 'POST';
  summary: Said;
  /** What a caller should know beyond the summary, a paragraph each; in English alone, as what parameters mean is. */
  notes: string[];
  tag: Said;
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
  'x-summary-zh': string;
  description?: string;
  tags?: string[];
  parameters: DocumentParameter[];
  responses: { 200: { content: { 'application/json': { schema: Schema } } } };
  'x-level': string;
  'x-ram-action': string;
  'x-ram-resources': string[];
  'x-quota': number | null;
  'x-errors': ToldError[];
  'x-example': Record<string, string>;
}

/** An OpenAPI document of the server's. */
export interface OpenApiDocument {
  info: { title: string; version: string };
  tags: { name: string; 'x-name-zh': string }[];
  paths: Record<string, Record<string, DocumentOperation>>;
  'x-errors': ToldError[];
}

/** What says the same of every call, and is no parameter of an operation. */
const COMMON = new Set(['Version', 'Format']);

export function readProduct(code: string, document: OpenApiDocument): Product {
  const { title, version } = document.info;
  const tags = document.tags.map((tag): Said => ({ en: tag.name, zh: tag['x-name-zh'] }));
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .slice(0, 1)
      .map(([method, told]) => {
        const tag = tags.find(({ en }) => en === told.tags?.[0]) ?? { en: '', zh: '' };
        return readOperation({ product: code, version, tag, name: path.slice('/?Action='.length) }, method, told);
      }),
  );
  return { code, title, version, operations, errors: document['x-errors'].map(readError) };
}

const readError = ({ when, when_zh: zh, ...error }: ToldError): DocumentedError => ({
  ...error,
  when: { en: when, zh },
});

function readOperation(
  named: Pick<Operation, 'product' | 'version' | 'tag' | 'name'>,
  method: string,
  told: DocumentOperation,
): Operation {
  return {
    ...named,
    method: method === 'get' ? 'GET' : 'POST',
    summary: { en: told.summary, zh: told['x-summary-zh'] },
    notes: told.description?.split('\n\n') ?? [],
    level: told['x-level'],
    ramAction: told['x-ram-action'],
    resources: told['x-ram-resources'],
    quota: told['x-quota'],
    errors: told['x-errors'].map(readError),
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
