import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';

/** What a page may have to load, in bytes, compressed either way. */
const LARGEST = 40_000;

for (const script of ['alivc-im.iife.js', 'aliyun-interaction-sdk.min.js', 'muster.js']) {
  test(`${script} stays small (as npm run build has made it)`, () => {
    for (const suffix of ['br', 'gz']) {
      const { size } = statSync(new URL(`../../dist/sdk/${script}.${suffix}`, import.meta.url));
      assert.ok(size < LARGEST, `${script}.${suffix} has ${size} bytes`);
    }
  });
}
