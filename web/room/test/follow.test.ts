import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Follower, follow, type Gaze, type News } from '../src/follow.ts';

const NEWS = {
  lines: '',
  signs: {},
  after: 1,
  state: '1-true',
  present: '',
  count: '',
  free: '',
  open: true,
  pause: 7,
} satisfies News;

/** A server that answers these, one after the other, and what the follower heard and waited for. */
function scene(answers: (() => Promise<Response>)[], gaze: Gaze = staring()) {
  const heard: string[] = [];
  const follower: Follower = {
    ask: () => {
      const answer = answers.shift();
      assert.ok(answer, 'asked once too often');
      return answer();
    },
    news: ({ after }) => heard.push(`news ${after}`),
    lost: () => heard.push('lost'),
    found: () => heard.push('found'),
    ended: (message) => heard.push(`ended ${message}`),
  };
  const pause = async (millis: number) => void heard.push(`pause ${millis}`);
  return { heard, done: follow(follower, gaze, pause) };
}

function staring(): Gaze {
  return { looking: async () => {}, changed: () => () => {} };
}

const news = async () => Response.json(NEWS);
const broken = () => Promise.reject(new TypeError('no network'));
const away = async () => new Response('', { status: 503 });
const over = async () => Response.json({ message: 'removed' }, { status: 403 });

test('what is new is told, after the pause that the server asks for, until the room has ended', async () => {
  const { heard, done } = scene([news, over]);
  await done;
  assert.deepEqual(heard, ['news 1', 'pause 7', 'ended removed']);
});

test('a lost server is asked ever more seldom, and its return is told once', async () => {
  const { heard, done } = scene([broken, away, broken, news, over]);
  await done;
  const lost = ['lost', 'pause 1000', 'lost', 'pause 2000', 'lost', 'pause 4000'];
  assert.deepEqual(heard, [...lost, 'found', 'news 1', 'pause 7', 'ended removed']);
});

test('the pauses grow no longer than fifteen seconds', async () => {
  const { heard, done } = scene([...Array(9).fill(broken), over]);
  await done;
  assert.deepEqual(heard.slice(-2), ['pause 15000', 'ended removed']);
});

test('nothing is asked while nobody looks, and a question that is given up then is no loss', async () => {
  let looks = 0;
  let stop = () => {};
  const gaze: Gaze = {
    looking: async () => {
      looks += 1;
    },
    changed: (then) => {
      stop = then;
      return () => {};
    },
  };
  const abandoned = async () => {
    stop();
    throw new DOMException('given up', 'AbortError');
  };
  const { heard, done } = scene([abandoned, over], gaze);
  await done;
  assert.deepEqual(heard, ['ended removed']);
  assert.equal(looks, 2);
});
