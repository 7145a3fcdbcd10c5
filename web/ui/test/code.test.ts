import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curl, python } from '../src/code.ts';

const CALL = {
  product: 'live',
  action: 'SendLiveMessageGroup',
  parameters: { GroupId: 'g1', Body: "it's {1}\n", MsgType: 10001 },
} as const;

test('what is typed cannot end the text that it stands in', () => {
  const shell = curl(CALL, 'http://127.0.0.1:7070', 'LTAI');
  assert.match(shell, /^body='GroupId=g1&Body=it%27s%20%7B1%7D%0A&MsgType=10001'$/m);
  assert.match(python(CALL, 'https://im.example.com', 'LTAI'), /^ {4}"Body": "it's \{1\}\\n",$/m);
});

test('lists and objects go as JSON', () => {
  const asked = { product: 'live', action: 'X', parameters: { BannedUsers: ['a', 'b'], Missing: undefined } } as const;
  assert.match(python(asked, 'http://h', 'k'), /"BannedUsers": "\[\\"a\\",\\"b\\"\]",\n\}/);
});
