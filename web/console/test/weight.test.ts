import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { compressedBytes } from '../../tools/page.mjs';

const ASSETS = new URL('../../dist/console/assets', import.meta.url).pathname;

test('the console weighs less than 150 KB', () => {
  const files = readdirSync(ASSETS).filter((file) => /\.(js|css|svg)$/.test(file));
  const bytes = compressedBytes(ASSETS, files);
  assert.ok(files.length > 1 && bytes < 150_000, `${bytes} bytes`);
});
