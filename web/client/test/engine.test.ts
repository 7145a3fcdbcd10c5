import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { ImEngine } from '../src/engine.ts';
import { IMError } from '../src/errors.ts';
import type { TokenCallback } from '../src/types.ts';
import { FakeServer, groupInfo } from './fake-server.ts';

const CONFIG = { appId: 'app', appSign: 'opaque', endpoint: 'http://muster.example/im' };
const AUTH = { nonce: 'AK-1', timestamp: 1_800_000_000, role: '', token: 'abc' };
const LOGIN = { user: { userId: 'ada' }, userAuth: AUTH };

let server: FakeServer;
let engine: ImEngine;
let heard: unknown[][];

beforeEach(() => {
  server = new FakeServer();
  server.install();
  engine = new ImEngine();
  heard = [];
});

afterEach(() => {
  engine.unInit();
  mock.timers.reset();
});

/** Lets everything happen that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

async function start(): Promise<void> {
  await engine.init(CONFIG);
  for (const name of ['connecting', 'connectsuccess', 'connectfailed', 'disconnect', 'reconnectsuccess'] as const) {
    engine.on(name, (...given: unknown[]) => heard.push([name, ...given]));
  }
}

async function logIn(): Promise<void> {
  await start();
  await engine.login(LOGIN);
}

function groups() {
  const manager = engine.getGroupManager();
  assert.ok(manager);
  return manager;
}

function messages() {
  const manager = engine.getMessageManager();
  assert.ok(manager);
  return manager;
}

async function refusal(call: Promise<unknown>): Promise<number> {
  const error = await call.then(
    () => undefined,
    (error) => error,
  );
  assert.ok(error instanceof IMError, String(error));
  assert.equal(error.msg, error.message);
  return error.code;
}

const names = () => heard.map(([name]) => name);

test('there is one engine, and others that a page makes itself', () => {
  assert.equal(ImEngine.createEngine(), ImEngine.createEngine());
  assert.equal(ImEngine.createEngine(), ImEngine.engine);
  assert.notEqual(new ImEngine(), ImEngine.engine);
});

test('init is checked, and counts once until it is undone', async () => {
  assert.equal(await refusal(engine.init({ appId: '', appSign: 's' })), -2);
  assert.equal(await refusal(engine.init(undefined as never)), -2);
  assert.equal(await refusal(engine.init({ ...CONFIG, heartbeatTimeout: 14 })), -2);
  assert.equal(engine.isInited(), false);
  assert.equal(engine.getGroupManager(), undefined);
  await engine.init({ ...CONFIG, heartbeatTimeout: 15, locateFile: () => '' } as typeof CONFIG);
  assert.equal(await refusal(engine.init(CONFIG)), 1001);
  assert.equal(engine.isInited(), true);
  assert.equal(engine.unInit(), true);
  assert.equal(engine.unInit(), true);
  await engine.init(CONFIG);
});

test('calls before their time are refused, and never hang', async () => {
  const group = new ImEngine();
  assert.equal(await refusal(group.login(LOGIN)), 601);
  await start();
  assert.equal(await refusal(engine.logout()), 602);
  assert.equal(await refusal(groups().joinGroup('g')), 602);
  assert.equal(await refusal(groups().queryGroup('g')), 602);
  assert.equal(await refusal(messages().sendGroupMessage({ groupId: 'g', type: 1, data: '' })), 602);
  const kept = groups();
  engine.unInit();
  assert.equal(await refusal(kept.leaveGroup('g')), 601);
});

test('a login tells of its steps, and where the server is', async () => {
  await start();
  assert.equal(engine.isLogin(), false);
  const login = engine.login(LOGIN);
  assert.equal(await refusal(engine.login(LOGIN)), 304);
  await login;
  assert.equal(await refusal(engine.login(LOGIN)), 304);
  assert.deepEqual(names(), ['connecting', 'connectsuccess']);
  assert.equal(server.socket?.url, 'ws://muster.example/im/connection/websocket');
  assert.deepEqual(server.of('connect')[0]?.data, { acknowledges: true });
  assert.deepEqual([engine.isLogin(), engine.getCurrentUserId()], [true, 'ada']);
  await engine.logout();
  assert.deepEqual(heard.at(-1), ['disconnect', 1]);
  assert.deepEqual([engine.isLogin(), engine.getCurrentUserId()], [false, '']);
});

test('a login that is not good, one that has ended, and a server out of reach are refused and told', async () => {
  await start();
  server.connect = () => ({ error: { code: 403, message: 'auth fail' } });
  assert.equal(await refusal(engine.login(LOGIN)), 403);
  server.connect = () => ({ error: { code: 109, message: 'token expired', temporary: true } });
  let asked = 0;
  engine.on('tokenexpired', () => void asked++);
  const stale = await engine.login(LOGIN).catch((error) => error);
  assert.deepEqual([stale.code, stale.message, asked], [403, 'auth fail', 0]);
  server.connect = () => ({ error: { code: 100, message: 'internal server error', temporary: true } });
  assert.equal(await refusal(engine.login(LOGIN)), 500);
  server.reachable = false;
  assert.equal(await refusal(engine.login(LOGIN)), 404);
  assert.deepEqual(names().filter((name) => name === 'connectfailed').length, 4);
  assert.equal(engine.isLogin(), false);
});

test('where no socket passes the login goes by a stream, and what is said by requests beside it', async () => {
  await start();
  server.reachable = false;
  server.streams = true;
  server.connect = () => ({ result: { session: 's', node: 'n' } });
  await engine.login(LOGIN);
  assert.equal((await groups().joinGroup('g')).groupId, 'g');
  const base = 'http://muster.example/im';
  assert.deepEqual([...new Set(server.requests)], [`${base}/connection/http_stream`, `${base}/emulation`]);
  assert.equal(engine.isLogin(), true);
});

test('a server that says nothing ends the login in time', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  await start();
  server.connect = () => undefined as never;
  server.reply = () => undefined;
  const login = refusal(engine.login(LOGIN));
  await settle();
  mock.timers.tick(20_000);
  assert.equal(await login, 404);
  assert.equal(engine.isLogin(), false);
});

test('joining answers with the group, once for those who ask together, and anew for who is in', async () => {
  await logIn();
  const [first, second] = await Promise.all([groups().joinGroup('g'), groups().joinGroup({ groupId: 'g' })]);
  assert.deepEqual(first, groupInfo('g'));
  assert.equal(first, second);
  assert.equal(server.of('subscribe').length, 1);
  server.rpc = () => ({ result: groupInfo('fresh') });
  assert.equal((await groups().joinGroup('g')).groupId, 'fresh');
  assert.deepEqual(server.calls('queryGroup'), ['g']);
  await groups().leaveGroup('g');
  await groups().leaveGroup('g');
  assert.equal(server.of('unsubscribe').length, 1);
  await groups().joinGroup('g');
  assert.equal(server.of('subscribe').length, 2);
});

test('a join is refused with what the server says, and may be tried again', async () => {
  await logIn();
  for (const [code, told] of [
    [440, 440],
    [441, 441],
    [106, 443],
    [103, 403],
  ] as const) {
    server.subscribe = () => ({ error: { code, message: 'no' } });
    assert.equal(await refusal(groups().joinGroup('g')), told);
  }
  server.subscribe = () => ({ error: { code: 100, message: 'later', temporary: true } });
  assert.equal(await refusal(groups().joinGroup('g')), 500);
  server.subscribe = () => ({ result: { data: groupInfo('g') } });
  assert.equal((await groups().joinGroup('g')).groupId, 'g');
});

test('a join that is not answered ends, by time and by logging out', async () => {
  await logIn();
  server.subscribe = () => undefined;
  const join = refusal(groups().joinGroup('g'));
  await settle();
  await engine.logout();
  assert.equal(await join, 602);
});

test('what is published comes as the old events and the new, and what is not known is passed over', async () => {
  await logIn();
  const told: unknown[][] = [];
  for (const name of ['memberchange', 'memberdatachange', 'mutechange', 'infochange', 'exit'] as const) {
    groups().on(name, (...given: unknown[]) => told.push([name, ...given]));
  }
  for (const name of ['recvgroupmessage', 'recvc2cmessage', 'deletegroupmessage'] as const) {
    messages().on(name, (...given: unknown[]) => told.push([name, ...given]));
  }
  await groups().joinGroup('g');
  const message = {
    messageId: 'm',
    type: 1,
    data: 'x',
    seqnum: 1,
    timestamp: 1,
    level: 0,
    repeatCount: 1,
    totalMsgs: 1,
  };
  const users = { joinUsers: [{ userId: 'bob', userExtension: '' }], leaveUsers: [] };
  const status = { groupId: 'g', muteAll: true, muteUserList: [], whiteUserList: [] };
  server.publish('g:g', { event: 'recvgroupmessage', groupId: 'g', ...message });
  server.publish('u:ada', { event: 'recvc2cmessage', ...message });
  server.publish('g:g', { event: 'memberchange', groupId: 'g', memberCount: 2, pv: 5, ...users });
  server.publish('g:g', { event: 'mutechange', ...status });
  server.publish('g:g', { event: 'infochange', groupId: 'g', groupMeta: 'm', adminList: [] });
  server.publish('g:g', { event: 'deletegroupmessage', groupId: 'g', messageId: 'm' });
  server.publish('g:g', { event: 'somethingnew', groupId: 'g' });
  await settle();
  assert.deepEqual(told, [
    ['recvgroupmessage', { groupId: 'g', ...message }, 'g'],
    ['recvc2cmessage', message],
    ['memberchange', 'g', 2, users.joinUsers, []],
    ['memberdatachange', { groupId: 'g', onlineCount: 2, pv: 5, isBigGroup: false, ...users }],
    ['mutechange', 'g', status],
    ['infochange', 'g', { groupId: 'g', groupMeta: 'm', adminList: [] }],
    ['deletegroupmessage', 'm', 'g'],
  ]);
  assert.deepEqual(server.calls('ackMessage'), [{ messageId: 'm' }]);
});

test('the end of a membership is told once, whatever comes first', async () => {
  await logIn();
  const exits: unknown[] = [];
  groups().on('exit', (...given) => exits.push(given));
  await groups().joinGroup('kicked');
  await groups().joinGroup('closed');
  await groups().joinGroup('left');
  server.unsubscribe('g:kicked', 2101);
  server.publish('u:ada', { event: 'exit', groupId: 'kicked', reason: 2 });
  server.publish('g:closed', { event: 'exit', groupId: 'closed', reason: 1 });
  server.unsubscribe('g:closed', 2102);
  await groups().leaveGroup('left');
  await settle();
  assert.deepEqual(exits, [
    ['kicked', 2],
    ['closed', 1],
  ]);
});

test('a broken connection comes back with its groups, without those that have ended meanwhile', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  await logIn();
  const exits: unknown[] = [];
  groups().on('exit', (...given) => exits.push(given));
  await groups().joinGroup('stays');
  await groups().joinGroup('ended');
  server.subscribe = (channel) =>
    channel === 'g:ended'
      ? { error: { code: 441, message: 'group deleted' } }
      : { result: { data: groupInfo('stays') } };
  heard = [];
  server.socket?.end(1006, '');
  await settle();
  assert.deepEqual([names(), engine.isLogin()], [['connecting'], true]);
  assert.equal(await refusal(engine.login(LOGIN)), 304);
  mock.timers.tick(5_000);
  await settle();
  assert.deepEqual(heard, [['connecting'], ['connectsuccess'], ['reconnectsuccess', [groupInfo('stays')]]]);
  assert.deepEqual(exits, [['ended', 1]]);
});

test('a login ends after its time without a connection, and the same engine logs in again', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  await logIn();
  await groups().joinGroup('g');
  server.reachable = false;
  server.socket?.end(1006, '');
  await settle();
  for (let second = 0; second < 98; second += 1) {
    mock.timers.tick(1_000);
    await new Promise(setImmediate);
  }
  assert.equal(engine.isLogin(), true);
  mock.timers.tick(1_000);
  assert.deepEqual([heard.at(-1), engine.isLogin()], [['disconnect', 3], false]);
  server.reachable = true;
  await engine.login(LOGIN);
  assert.equal((await groups().joinGroup('g')).groupId, 'g');
});

test('the server says why it ends a login', async () => {
  await start();
  for (const [code, told] of [
    [4501, 4],
    [4503, 2],
    [3501, 3],
  ] as const) {
    await engine.login(LOGIN);
    server.socket?.end(code, 'ended');
    await settle();
    assert.deepEqual([heard.at(-1), engine.isLogin()], [['disconnect', told], false]);
  }
});

test('a token that has ended is asked for anew; the answer counts for the next connection, or the login ends', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  await logIn();
  const shown = () => JSON.parse(Buffer.from(String(server.of('connect').at(-1)?.token), 'base64url').toString()).token;
  engine.on('tokenexpired', (callback) => callback(null, { ...AUTH, token: 'second' }));
  server.connect = (body) =>
    server.of('connect').length === 2
      ? { error: { code: 109, message: 'token expired', temporary: true } }
      : { result: { body } };
  server.socket?.end(1006, '');
  await settle();
  for (let pause = 0; pause < 3; pause += 1) {
    mock.timers.tick(5_000);
    await settle();
  }
  assert.equal(shown(), 'second');
  assert.equal(heard.at(-1)?.[0], 'reconnectsuccess');
  engine.removeAllListeners('tokenexpired').on('tokenexpired', (callback) => callback({ code: 1, msg: 'none' }));
  server.connect = () => ({ error: { code: 109, message: 'token expired', temporary: true } });
  server.socket?.end(1006, '');
  await settle();
  for (let pause = 0; pause < 3; pause += 1) {
    mock.timers.tick(5_000);
    await settle();
  }
  assert.deepEqual([heard.at(-1), engine.isLogin()], [['disconnect', 3], false]);
});

test('a token that ends while connected is asked for, and the connection goes on with it', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  server.connect = () => ({ result: { expires: true, ttl: 100 } });
  server.refresh = () => ({ result: { expires: true, ttl: 200 } });
  await logIn();
  const shown = () =>
    server.of('refresh').map((body) => JSON.parse(Buffer.from(String(body.token), 'base64url').toString()).token);
  const pass = async (seconds: number) => {
    mock.timers.tick(seconds * 1_000);
    await settle();
  };
  let token = 'second';
  engine.on('tokenexpired', (callback) => callback(null, { ...AUTH, token }));
  await pass(99);
  assert.deepEqual(shown(), []);
  await pass(1);
  assert.deepEqual(shown(), ['second']);
  token = 'third';
  await pass(199);
  assert.deepEqual(shown(), ['second']);
  await pass(1);
  assert.deepEqual(shown(), ['second', 'third']);
  assert.deepEqual(
    [server.of('connect').length, engine.isLogin(), names()],
    [1, true, ['connecting', 'connectsuccess']],
  );
});

test('a login ends with its token where the application has no other, or the server takes it not', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  server.connect = () => ({ result: { expires: true, ttl: 100 } });
  server.refresh = () => ({ error: { code: 403, message: 'auth fail' } });
  await start();
  const answers: ((callback: TokenCallback) => void)[] = [
    (callback) => callback({ code: 1, msg: 'signed out' }),
    (callback) => callback(null, { ...AUTH, token: 'of somebody else' }),
  ];
  for (const answer of [undefined, ...answers]) {
    await engine.login(LOGIN);
    if (answer) engine.on('tokenexpired', answer);
    mock.timers.tick(100_000);
    await settle();
    assert.deepEqual([heard.at(-1), engine.isLogin()], [['disconnect', 3], false]);
    engine.removeAllListeners('tokenexpired');
  }
});

test('a page leaves as live pages do: nothing is awaited, nothing is left', async () => {
  await logIn();
  messages().on('recvc2cmessage', () => heard.push(['said']));
  await groups().joinGroup('g');
  heard = [];
  void groups().leaveGroup('g');
  const out = engine.logout();
  engine.removeAllListeners();
  assert.equal(engine.unInit(), true);
  await out;
  assert.equal(server.of('unsubscribe').length, 1);
  await engine.init(CONFIG);
  assert.equal(messages().listenerCount('recvc2cmessage'), 0);
  assert.deepEqual(names(), ['disconnect']);
});

test('a logout leaves every group at once, and nobody hears of an exit', async () => {
  await logIn();
  groups().on('exit', () => heard.push(['exit']));
  await groups().joinGroup('one');
  await groups().joinGroup('two');
  await engine.logout();
  assert.deepEqual(
    server.of('unsubscribe').map(({ channel }) => channel),
    ['g:one', 'g:two'],
  );
  assert.deepEqual(names(), ['connecting', 'connectsuccess', 'disconnect']);
});

test('a logout while the login is on its way ends it, and nobody hears of a failure', async () => {
  await start();
  const login = refusal(engine.login(LOGIN));
  await engine.logout();
  assert.equal(await login, 602);
  assert.deepEqual(names(), ['connecting', 'disconnect']);
});

test('calls carry the fields of the SDK and no others, and give what it gives', async () => {
  await logIn();
  server.rpc = () => ({ result: { messageId: 'm' } });
  const extra = { groupId: 'g', type: 20001, data: '{}', noStorage: true, unknown: 1 };
  assert.equal(await messages().sendGroupMessage(extra), 'm');
  assert.deepEqual(server.calls('sendGroupMessage'), [{ groupId: 'g', type: 20001, data: '{}', noStorage: true }]);
  assert.equal(await messages().sendC2cMessage({ ...extra, receiverId: 'bob' } as never), 'm');
  assert.deepEqual(server.calls('sendC2cMessage'), [{ receiverId: 'bob', type: 20001, data: '{}' }]);
  server.rpc = () => ({ result: { groupId: 'g', hasMore: true, nextPageToken: 1, nextpagetoken: 1, messageList: [] } });
  const page = await messages().listMessage({ groupId: 'g', type: 1, nextpagetoken: 1, sortType: 0, pageSize: 20 });
  assert.deepEqual([page.nextPageToken, page.nextpagetoken], [2, 2]);
  assert.deepEqual(server.calls('listMessage'), [
    { groupId: 'g', type: 1, sortType: 0, pageSize: 20, nextPageToken: 0 },
  ]);
  for (const wrong of [{ type: '1' }, { data: {} }, { groupId: '' }]) {
    assert.equal(
      await refusal(messages().sendGroupMessage({ groupId: 'g', type: 1, data: '', ...wrong } as never)),
      400,
    );
  }
  for (const call of ['queryGroup', 'modifyGroup', 'listGroupUser', 'muteUser', 'closeGroup'] as const) {
    assert.equal(await refusal(groups()[call](undefined as never)), 400);
  }
  server.rpc = () => ({ error: { code: 424, message: 'user not online' } });
  const offline = await messages()
    .sendC2cMessage({ receiverId: 'nobody', type: 1, data: '' })
    .catch((error) => error);
  assert.deepEqual([offline.code, offline.message, offline.name], [424, 'user not online', 'IMError']);
});
