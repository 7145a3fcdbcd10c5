// Python: the typed packages where they know the operation, else the runtime under them.
import {
  python as code,
  indented,
  lines,
  PYTHON_RUNTIME,
  pythonClient,
  pythonPrint,
  quoted,
  snake,
} from '@muster/ui/samples';
import { kindOf, type Schema, type Value } from '../contract/schema.ts';
import { type Argument, type Language, type SampledCall, typedValue, written } from './call.ts';

/** The typed package of each product, and what it does not have: operations that were withdrawn before it was made. */
const PACKAGES: Record<string, { name: string; without: string[] }> = {
  live: { name: 'alibabacloud_live20161101', without: ['GetGroupStatistics', 'CloseMessageGroup'] },
  cams: { name: 'alibabacloud_cams20200606', without: [] },
};

/** Names that the language keeps to itself; the packages put an underscore behind. */
const KEYWORDS = new Set(['from', 'type', 'import', 'global']);

export const python: Language = {
  id: 'python',
  name: 'Python',
  sample(call) {
    const { product, name } = call.operation;
    const known = PACKAGES[product];
    // The classes of the typed packages are made of JSON.
    return known && call.format === 'JSON' && !known.without.includes(name) ? typed(call, known.name) : generic(call);
  },
};

function typed(call: SampledCall, module: string) {
  const { name } = call.operation;
  const request = `models.${name}Request`;
  const members = call.arguments.map((argument) => `${field(argument.name)}=${literal(request, argument)},`);
  const given = members.length > 0 ? [`    ${request}(`, ...indented(members, 8), '    )'] : [`    ${request}()`];
  const code = lines(
    ['import json', 'import os', ''],
    [`from ${module} import models`, `from ${module}.client import Client`],
    ['from alibabacloud_tea_openapi.models import Config', ''],
    pythonClient(call.endpoint),
    [`response = client.${snake(name)}(`, ...given, ')'],
    pythonPrint('response.body.to_map()'),
  );
  return { code, means: 'typed' as const, install: `pip install ${module.replaceAll('_', '-')}` };
}

function field(name: string): string {
  const plain = snake(name);
  return KEYWORDS.has(plain) && plain !== 'type' ? `${plain}_` : plain;
}

/** A value as the request's class takes it. A structure has a class of its own, named after the request and the parameter. */
function literal(request: string, { name, schema, value }: Argument): string {
  if (Array.isArray(value) && kindOf(schema) === 'objects') {
    return `[${value.map((item) => instance(`${request}${name}`, schema.items ?? {}, item)).join(', ')}]`;
  }
  return kindOf(schema) === 'object' ? instance(`${request}${name}`, schema, value) : plain(schema, value);
}

function instance(type: string, schema: Schema, value: Value): string {
  const members = typeof value === 'object' ? Object.entries(value) : [];
  const told = members.map(([name, member]) => `${field(name)}=${plain(schema.properties?.[name] ?? {}, member)}`);
  return `${type}(${told.join(', ')})`;
}

function plain(schema: Schema, value: Value): string {
  if (Array.isArray(value)) return `[${value.map((item) => plain(schema.items ?? {}, item)).join(', ')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).map(([name, member]) => `${quoted(name)}: ${plain({}, member)}`);
    return `{${members.join(', ')}}`;
  }
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  const number = typedValue(schema, value);
  return kindOf(schema) === 'integer' && /^-?\d+$/.test(String(value)) ? String(value) : quoted(String(number));
}

function generic(call: SampledCall) {
  return { code: code(written(call)), means: 'generic' as const, install: PYTHON_RUNTIME };
}
