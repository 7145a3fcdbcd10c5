import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pageOf, withToken } from '../src/pages.ts';

const page = (hasMore: boolean, nextPageToken: number) => ({
  groupId: 'g',
  hasMore,
  nextPageToken,
  nextpagetoken: nextPageToken,
});

test('a list begins with no token, 0, 1 or -1, under either spelling', () => {
  for (const token of [undefined, 0, 1, -1]) {
    assert.equal(pageOf({ groupId: 'g', ...(token === undefined ? {} : { nextPageToken: token }) }), 0);
    assert.equal(pageOf({ groupId: 'g', ...(token === undefined ? {} : { nextpagetoken: token }) }), 0);
  }
  assert.equal(pageOf('g'), 0);
});

test('a token that was handed out leads on, also from the very first place', () => {
  for (const place of [1, 2, 300]) {
    const { nextPageToken, nextpagetoken } = withToken(page(true, place));
    assert.equal(nextPageToken, nextpagetoken);
    assert.equal(pageOf({ groupId: 'g', nextPageToken }), place);
    assert.equal(pageOf({ groupId: 'g', nextpagetoken }), place);
  }
});

test('the last page leads nowhere', () => {
  assert.equal(withToken(page(false, 0)).nextPageToken, 0);
});
