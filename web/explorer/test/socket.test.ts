import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Realtime } from '../src/contract/realtime.ts';
import type { Entry } from '../src/realtime/socket/connection.ts';
import { meaningOf } from '../src/realtime/socket/meaning.ts';
import { signedToken } from '../src/realtime/socket/token.ts';

const file = new URL('../../../docs/reference/realtime.json', import.meta.url);
const realtime = JSON.parse(readFileSync(file, 'utf8')) as Realtime;
const meaning = (entry: Partial<Entry>) => meaningOf({ id: 1, at: 0, kind: 'event', name: '', ...entry }, realtime);

test('a login token is what the page of the contract says, in any script', () => {
  const token = signedToken('shop', 'key', '阿达', 'admin', { nonce: 'AK-1', timestamp: 1_800_000_000 });
  assert.match(token, /^[\w-]+$/);
  const hash = createHash('sha256').update('shopkey阿达AK-11800000000admin').digest('hex');
  assert.deepEqual(JSON.parse(Buffer.from(token, 'base64url').toString()), {
    appId: 'shop',
    userId: '阿达',
    nonce: 'AK-1',
    timestamp: 1_800_000_000,
    role: 'admin',
    token: hash,
  });
});

test('whatever the contract names has its meaning and its members beside it in the log', () => {
  for (const name of Object.keys(realtime.events)) {
    const { text, schema, path } = meaning({ name });
    assert.ok(text && schema?.properties && path === `/explorer/realtime/${name}`, name);
  }
  for (const name of Object.keys(realtime.calls)) assert.ok(meaning({ kind: 'reply', name }).schema, name);
  for (const kind of ['connected', 'joined'] as const) assert.ok(meaning({ kind }).schema?.properties, kind);
  for (const { code, reason, meaning: text } of realtime.closes) {
    assert.equal(meaning({ kind: 'closed', code, reason }).text, text);
  }
  for (const { code, text: reason, meaning: text } of realtime.errors) {
    assert.equal(meaning({ kind: 'refused', code, reason }).text, text);
  }
  for (const { code, reason, meaning: text } of realtime.unsubscribes) {
    assert.equal(meaning({ kind: 'left', code, reason }).text, text);
  }
  assert.equal(meaning({ kind: 'closed', code: 0, reason: 'disconnect called' }).text, '');
});
