import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { faultsOfWords, looseTexts } from '@muster/ui/testing';
import { compressedBytes } from '../../tools/page.mjs';

const ASSETS = new URL('../../dist/explorer/assets', import.meta.url).pathname;
const SOURCE = new URL('../src', import.meta.url).pathname;

test('the explorer weighs less than 150 KB', () => {
  const files = readdirSync(ASSETS).filter((file) => /\.(js|css|svg)$/.test(file));
  const bytes = compressedBytes(ASSETS, files);
  assert.ok(files.length > 1 && bytes < 150_000, `${bytes} bytes`);
});

test('whatever the explorer says, it says in both languages', async () => {
  assert.deepEqual(await faultsOfWords(SOURCE), []);
  assert.deepEqual(looseTexts(SOURCE), []);
});
