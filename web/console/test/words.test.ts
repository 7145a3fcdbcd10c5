import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOfWords, looseTexts } from '@muster/ui/testing';

const SOURCE = new URL('../src', import.meta.url).pathname;

test('whatever the console says, it says in both languages', async () => {
  assert.deepEqual(await faultsOfWords(SOURCE), []);
  assert.deepEqual(looseTexts(SOURCE), []);
});
