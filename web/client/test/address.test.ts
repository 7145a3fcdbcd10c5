import assert from 'node:assert/strict';
import { test } from 'node:test';

import { endpointIn, serverOf, socketOf, waysTo } from '../src/address.ts';

/** An AppSign as the server makes one: a gzip stream whose text is stored as it is. */
function appSign(content: object): string {
  const text = Buffer.from(JSON.stringify(content));
  const length = Buffer.alloc(4);
  length.writeUInt16LE(text.length, 0);
  length.writeUInt16LE(text.length ^ 0xffff, 2);
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0, 1]);
  return Buffer.concat([header, length, text, Buffer.alloc(8)]).toString('base64');
}

const script = (src: string, server = '') => ({ src, server });
const SCRIPT = script('https://im.example.com/sdk/alivc-im.iife.js?v=1');

test('the endpoint in an AppSign is read, and nothing in what others have made', () => {
  assert.equal(endpointIn(appSign({ v: 1, appId: 'a', endpoint: 'https://im.例え.jp' })), 'https://im.例え.jp');
  assert.equal(endpointIn(appSign({ v: 1, appId: 'a' })), '');
  for (const other of ['', 'opaque', 'H4sIAAAAAAAE', btoa('\x1f\x8b and more than ten'), appSign({ endpoint: 5 })]) {
    assert.equal(endpointIn(other), '', other);
  }
});

test('what is said of the server comes first, then the AppSign, then whence the script came', () => {
  const sign = appSign({ endpoint: 'https://public.example.com' });
  assert.equal(serverOf('http://said.example:7070', sign, SCRIPT), 'http://said.example:7070/');
  assert.equal(serverOf(undefined, sign, script(SCRIPT.src, 'tag.example')), 'https://tag.example/');
  assert.equal(serverOf(undefined, sign, SCRIPT), 'https://public.example.com/');
  assert.equal(serverOf(undefined, 'opaque', SCRIPT), 'https://im.example.com/');
});

test('a server behind a path, and a script that somebody else offers', () => {
  assert.equal(serverOf('', '', script('https://example.com/im/sdk/muster.js')), 'https://example.com/im/');
  assert.equal(serverOf('', '', script('https://example.com/assets/bundle.js')), 'https://example.com/');
  assert.equal(serverOf('https://example.com/im?x=1#y', '', SCRIPT), 'https://example.com/im/');
});

test('the socket of a server is as secure as the server', () => {
  assert.equal(socketOf('https://example.com/im/'), 'wss://example.com/im/connection/websocket');
  assert.equal(socketOf('http://127.0.0.1:7070/'), 'ws://127.0.0.1:7070/connection/websocket');
});

test('behind the socket of a server come the ways that run to the client alone, where the browser has them', () => {
  const { endpoints, emulation } = waysTo('wss://example.com/im/connection/websocket');
  const passable = [
    { transport: 'websocket', endpoint: 'wss://example.com/im/connection/websocket' },
    { transport: 'http_stream', endpoint: 'https://example.com/im/connection/http_stream' },
  ];
  assert.deepEqual([endpoints, emulation], [passable, 'https://example.com/im/emulation']);
  Object.assign(globalThis, { EventSource: class {} });
  const sse = waysTo('ws://example.com/connection/websocket').endpoints[2];
  Reflect.deleteProperty(globalThis, 'EventSource');
  assert.deepEqual(sse, { transport: 'sse', endpoint: 'http://example.com/connection/sse' });
  assert.equal(waysTo('ws://example.com/elsewhere').endpoints.length, 1);
});
