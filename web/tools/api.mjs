// Writes the types of every operation from the OpenAPI documents that are committed in docs/reference.
//   node tools/api.mjs            into ui/src/api
// A test compares what it would write with what is there.
import { readFileSync, writeFileSync } from 'node:fs';

const REFERENCE = new URL('../../docs/reference/', import.meta.url);
const OUT = new URL('../ui/src/api/', import.meta.url);

export const PRODUCTS = ['live', 'cams', 'sts'];

const indented = (text) => text.replaceAll('\n', '\n  ');
const comment = (text) => (text ? `/** ${text.replaceAll('*/', '* /').replaceAll('\n', ' ').trim()} */\n` : '');
const quoted = (value) => (typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : String(value));
const name = (key) => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key));
const union = (types) => [...new Set(types)].join(' | ') || 'never';

/** A JSON schema as a type. */
function type(schema) {
  if (schema === true || schema === undefined) return 'unknown';
  if (schema.const !== undefined) return quoted(schema.const);
  if (schema.enum) return union(schema.enum.map(quoted));
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives) return union(alternatives.map(type));
  if (Array.isArray(schema.type)) return union(schema.type.map((one) => type({ ...schema, type: one })));
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array': {
      const item = type(schema.items);
      return /[|\n]/.test(item) ? `Array<${item}>` : `${item}[]`;
    }
    case 'object':
      return object(schema);
    default:
      return 'unknown';
  }
}

function object({ properties, additionalProperties, required = [] }) {
  if (!properties) return `Record<string, ${additionalProperties ? type(additionalProperties) : 'unknown'}>`;
  const fields = Object.entries(properties).map(
    ([key, schema]) =>
      `${comment(schema.description)}${name(key)}${required.includes(key) ? '' : '?'}: ${type(schema)};`,
  );
  return fields.length === 0 ? 'Record<string, never>' : `{\n  ${fields.map(indented).join('\n  ')}\n}`;
}

/** What the gateway itself reads of every request. */
const COMMON = new Set(['Version', 'Format']);

function request(parameters = []) {
  const own = parameters.filter((parameter) => !COMMON.has(parameter.name));
  const schema = ({ schema, content, description }) => ({
    ...(schema ?? content['application/json'].schema),
    description,
  });
  return object({
    properties: Object.fromEntries(own.map((parameter) => [parameter.name, schema(parameter)])),
    required: own.filter((parameter) => parameter.required).map((parameter) => parameter.name),
  });
}

/** The text of the module for a product's document. */
export function moduleOf(product) {
  const document = JSON.parse(readFileSync(new URL(`${product}.openapi.json`, REFERENCE), 'utf8'));
  const operations = Object.values(document.paths)
    .flatMap((path) => Object.values(path))
    .map(({ operationId, summary, parameters, responses }) => {
      const response = type(responses['200'].content['application/json'].schema);
      return `${comment(summary)}${operationId}: {\n  request: ${indented(request(parameters))};\n  response: ${indented(response)};\n};`;
    });
  const title = product[0].toUpperCase() + product.slice(1);
  return `// Made by tools/api.mjs from docs/reference/${product}.openapi.json.

/** ${document.info.title}, version ${document.info.version}: what each operation takes and gives. */
export interface ${title} {
  ${operations.map(indented).join('\n  ')}
}
`;
}

export const placeOf = (product) => new URL(`${product}.ts`, OUT);

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const product of PRODUCTS) writeFileSync(placeOf(product), moduleOf(product));
}
