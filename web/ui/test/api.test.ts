import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { moduleOf, PRODUCTS, placeOf } from '../../tools/api.mjs';

for (const product of PRODUCTS) {
  test(`the types of ${product} are those of its document`, () => {
    assert.equal(readFileSync(placeOf(product), 'utf8'), moduleOf(product), 'run: node tools/api.mjs (in web/)');
  });
}
