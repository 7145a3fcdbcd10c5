import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';

/** What a phone loads beside the page, in bytes, compressed. */
const LARGEST = 12_000;

test('script and style stay small (as npm run build has made them)', () => {
  const folder = new URL('../../dist/room/assets/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.br'));
  assert.equal(files.length, 2);
  const bytes = files.reduce((sum, name) => sum + statSync(new URL(name, folder)).size, 0);
  assert.ok(bytes < LARGEST, `${bytes} bytes`);
});
