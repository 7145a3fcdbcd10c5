import assert from 'node:assert/strict';
import { test } from 'node:test';
import { written } from '../src/code.ts';
import { curl, python } from '../src/samples/index.ts';

const CALL = {
  product: 'live',
  action: 'SendLiveMessageGroup',
  parameters: { GroupId: 'g1', Body: "it's {1}\n", MsgType: 10001 },
} as const;

test('what is typed cannot end the text that it stands in', () => {
  const shell = curl(written(CALL, 'http://127.0.0.1:7070'));
  assert.match(shell, /^parameters='Body=it%27s%20%7B1%7D%0A&GroupId=g1&MsgType=10001'$/m);
  assert.match(shell, /^ {2}'http:\/\/127\.0\.0\.1:7070\/'$/m);
  assert.match(python(written(CALL, 'https://im.example.com')), /^ {8}"Body": "it's \{1\}\\n",$/m);
});

test('lists and objects go as JSON, and what is not there is left out', () => {
  const asked = { product: 'live', action: 'X', parameters: { BannedUsers: ['a', 'b'], Missing: undefined } } as const;
  assert.deepEqual(written(asked, 'http://h').texts, [['BannedUsers', '["a","b"]']]);
});

test('no key stands in the code', () => {
  for (const code of [curl(written(CALL, 'http://h')), python(written(CALL, 'http://h'))]) {
    assert.match(code, /ALIBABA_CLOUD_ACCESS_KEY_ID/);
    assert.match(code, /ALIBABA_CLOUD_ACCESS_KEY_SECRET/);
  }
});
