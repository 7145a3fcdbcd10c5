import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { IMError } from '../src/errors.ts';
import { InteractionEngine } from '../src/interaction/engine.ts';
import { Teller } from '../src/interaction/told.ts';
import { FakeServer } from './fake-server.ts';

const TOKEN = btoa(JSON.stringify({ endpoints: ['ws://muster.example/connection/websocket'], token: 't', appId: 'a' }));

let server: FakeServer;
let engine: InteractionEngine;

beforeEach(() => {
  server = new FakeServer();
  server.install();
  engine = InteractionEngine.create();
});

afterEach(() => engine.logout());

async function refusal(call: Promise<unknown>): Promise<number> {
  const error = await call.then(
    () => undefined,
    (error) => error,
  );
  assert.ok(error instanceof IMError, String(error));
  return error.code;
}

test('the AccessToken says where the server is, and is shown there', async () => {
  await engine.auth(TOKEN);
  assert.equal(server.socket?.url, 'ws://muster.example/connection/websocket');
  assert.equal(server.of('connect')[0]?.token, TOKEN);
  for (const other of ['', 'no base64!', btoa('{}'), btoa('{"endpoints":[],"token":"t"}')]) {
    assert.equal(await refusal(engine.auth(other)), 400);
  }
});

test('what needs a login, or the group, is refused without asking the server', async () => {
  assert.equal(await refusal(engine.getGroup({ groupId: 'g' })), 510);
  assert.equal(await refusal(engine.joinGroup({ groupId: 'g' })), 510);
  await engine.auth(TOKEN);
  assert.equal(await refusal(engine.sendLike({ groupId: 'g', count: 1 })), 425);
  assert.equal(await refusal(engine.muteAll({ groupId: 'g' })), 425);
  await engine.joinGroup({ groupId: 'g' });
  await engine.sendLike({ groupId: 'g', count: 3, broadCastType: 2 });
  assert.deepEqual(server.calls('sendLike'), [{ groupId: 'g', count: 3, broadCastType: 2 }]);
});

test('pages are counted from one, over the places that the server walks by', async () => {
  await engine.auth(TOKEN);
  await engine.joinGroup({ groupId: 'g' });
  const everybody = Array.from({ length: 120 }, (_, number) => ({ userId: `u${number}` }));
  server.rpc = (method, data) => {
    if (method === 'queryGroup') return { result: { statistics: { onlineCount: 120 } } };
    const from = Number(data.nextPageToken);
    const hasMore = from + 50 < everybody.length;
    return { result: { userList: everybody.slice(from, from + 50), hasMore, nextPageToken: hasMore ? from + 50 : 0 } };
  };
  const page = (pageNum: number, pageSize: number) => engine.listGroupUser({ groupId: 'g', pageNum, pageSize });
  for (const [number, size, first, found, more] of [
    [1, 50, 'u0', 50, true],
    [3, 50, 'u100', 20, false],
    [2, 60, 'u60', 60, false],
    [2, 7, 'u7', 7, true],
    [1, 200, 'u0', 120, false],
    [9, 50, undefined, 0, false],
  ] as const) {
    const { userList, hasMore, total } = await page(number, size);
    assert.deepEqual(
      [userList[0]?.userId, userList.length, hasMore, total],
      [first, found, more, 120],
      `${number} of ${size}`,
    );
  }
  assert.equal(await refusal(page(0, 10)), 400);
  assert.equal(await refusal(page(1, 201)), 400);
});

test('who comes and goes is told once, whether the server said so or the members changed', () => {
  const teller = new Teller();
  const info = { userId: 'ada', userNick: '', userAvatar: '', userExtension: '' };
  const system = { groupId: 'g', messageId: 'm', type: 1002, data: {}, senderId: 'ada', senderInfo: info };
  const change = {
    event: 'memberchange' as const,
    groupId: 'g',
    memberCount: 2,
    pv: 3,
    joinUsers: [{ userId: 'ada' }, { userId: 'bob' }],
    leaveUsers: [],
  };
  assert.deepEqual(teller.messagesOf({ event: 'systemmessage', ...system }), [system]);
  const made = teller.messagesOf(change);
  assert.deepEqual(
    made.map(({ type, senderId }) => [type, senderId]),
    [[1002, 'bob']],
  );
  assert.deepEqual(made[0]?.data, { statistics: { pv: 3, onlineCount: 2 } });
  assert.equal(teller.messagesOf(change).length, 2);
  assert.deepEqual(teller.messagesOf({ event: 'mutechange' }), []);
});
