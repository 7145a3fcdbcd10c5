import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preferred } from '../src/language.ts';
import { faultsOfWords, looseTexts } from '../src/testing.ts';

const SOURCE = new URL('../src', import.meta.url).pathname;

test('whatever the parts say, they say in both languages', async () => {
  assert.deepEqual(await faultsOfWords(SOURCE), []);
  assert.deepEqual(looseTexts(SOURCE), []);
});

test('the language is the first of the browser that there is', () => {
  assert.equal(preferred(['fr-FR', 'zh-Hant-TW', 'en']), 'zh');
  assert.equal(preferred(['de', 'en-GB', 'zh']), 'en');
  assert.equal(preferred(['fr']), 'en');
});
