import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { exampleOf, LANGUAGES, type OpenApiDocument, readProduct, sampledCall } from '../src/samples/index.ts';

const ENDPOINT = { scheme: 'http', authority: '127.0.0.1:7070' } as const;
const products = ['live', 'cams', 'sts'].map((code) => {
  const file = new URL(`../../../docs/reference/${code}.openapi.json`, import.meta.url);
  return readProduct(code, JSON.parse(readFileSync(file, 'utf8')) as OpenApiDocument);
});
const operations = products.flatMap((product) => product.operations);

test('every operation has a sample in nine languages, and none holds a key', () => {
  assert.equal(LANGUAGES.length, 9);
  for (const operation of operations) {
    const call = sampledCall(operation, exampleOf(operation, { AppId: 'shop' }), ENDPOINT);
    for (const language of LANGUAGES) {
      const { code } = language.sample(call);
      assert.ok(code.includes(operation.name) || code.includes('client.'), `${operation.name} in ${language.id}`);
      assert.ok(!code.includes('LTAI') && !code.includes('{#AppId}'));
    }
  }
});

test('what is typed cannot end the text that it stands in', () => {
  const operation = operations.find(({ name }) => name === 'SendLiveMessageGroup');
  assert.ok(operation);
  const typed = `'"\\ $(id) \${x}\n{}`;
  const call = sampledCall(operation, { Body: typed }, ENDPOINT);
  const said = (id: string) => LANGUAGES.find((language) => language.id === id)?.sample(call).code ?? '';
  for (const id of ['java', 'go', 'python', 'csharp']) assert.ok(said(id).includes(JSON.stringify(typed)), id);
  assert.ok(said('cli').includes(`--Body ''\\''"\\ $(id) \${x}\n{}'`));
  assert.ok(said('php').includes(`'Body' => '\\'"\\\\ $(id) \${x}\n{}'`));
  assert.ok(said('node').includes(`Body: '\\'"\\\\ $(id) \${x}\\n{}'`));
  assert.ok(said('curl').includes("parameters='Body=%27%22%5C%20%24%28id%29%20%24%7Bx%7D%0A%7B%7D'"));
});
