import assert from 'node:assert/strict';
import { test } from 'node:test';

import { IMError } from '../src/errors.ts';
import { loginFields, loginToken } from '../src/login-token.ts';
import type { ImLoginReq } from '../src/types.ts';

const AUTH = { nonce: 'AK-1', timestamp: 1_800_000_000, token: 'abc' };

function shown(request: object): unknown {
  const token = loginToken(loginFields('app', undefined, request as ImLoginReq));
  assert.match(token, /^[\w-]+$/);
  return JSON.parse(Buffer.from(token, 'base64url').toString());
}

test('a login is shown as base64url of its fields, in any script', () => {
  const user = { userId: 'ada', userExtension: '{"nick":"Ädä 你好 😀 ?>~"}' };
  assert.deepEqual(shown({ user, userAuth: { ...AUTH, role: 'admin' } }), {
    appId: 'app',
    userId: 'ada',
    nonce: 'AK-1',
    timestamp: 1_800_000_000,
    role: 'admin',
    token: 'abc',
    userExtension: user.userExtension,
  });
});

test('no role is an empty one', () => {
  for (const role of [undefined, null, '']) {
    assert.equal((shown({ user: { userId: 'ada' }, userAuth: { ...AUTH, role } }) as { role: string }).role, '');
  }
});

test('a login as application servers answer it comes to the same', () => {
  const { token, ...auth } = AUTH;
  const flat = shown({ userId: 'ada', role: 'admin', auth, appToken: token });
  assert.deepEqual(flat, shown({ user: { userId: 'ada' }, userAuth: { ...AUTH, role: 'admin' } }));
});

test('what is missing is named', () => {
  const refused = (what: RegExp) => (error: unknown) =>
    error instanceof IMError && error.code === 400 && what.test(error.msg);
  assert.throws(() => shown({ userAuth: AUTH }), refused(/userId/));
  assert.throws(() => shown({ user: { userId: 'ada' }, userAuth: { nonce: '' } }), refused(/token/));
  assert.throws(() => shown(undefined as never), IMError);
});
