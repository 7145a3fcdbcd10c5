import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message, Room } from '../src/group/room.ts';
import { MessageStream, MOST } from '../src/group/stream.ts';

const PAGE = 50;
const { signal } = new AbortController();

/** A group to which something is said, as a room of the second generation reads it, and the stream of its messages. */
function group() {
  const said: Message[] = [];
  const messages: Room['messages'] = async (_, from = said.length) => {
    const rows = said.slice(Math.max(0, from - PAGE), from).reverse();
    return { rows, older: from > PAGE ? from - PAGE : undefined };
  };
  const stream = new MessageStream({ messages, erase: () => undefined } as unknown as Room, {} as never);
  const say = async (count: number) => {
    for (let more = 0; more < count; more += 1) {
      said.push({ id: String(said.length), type: 1, body: '', sender: 'ada', at: 0 });
    }
    await stream.look(signal);
  };
  return { stream, say };
}

/** The numbers of the messages held, which follow one another. */
function held({ rows }: MessageStream): [number, number] {
  const numbers = rows.map(({ id }) => Number(id));
  assert.deepEqual(
    numbers,
    numbers.map((_, at) => (numbers[0] ?? 0) + at),
  );
  return [numbers[0] ?? 0, numbers.length];
}

test('of what is said while a group is watched little is held, and who reads back misses nothing', async () => {
  const { stream, say } = group();
  for (let round = 0; round < 40; round += 1) await say(30);
  const [first, count] = held(stream);
  assert.ok(first > 700 && count >= 400 && count < 500, `${count} from ${first}`);
  stream.isReadingBack = true;
  while (stream.leadsBack) await stream.readBack(signal);
  assert.deepEqual(held(stream), [0, 1200]);
});

test('who reads back far is held up, and what comes meanwhile puts nothing above the bound', async () => {
  const { stream, say } = group();
  for (let round = 0; round < 100; round += 1) await say(30);
  stream.isReadingBack = true;
  while (stream.leadsBack) await stream.readBack(signal);
  for (let round = 0; round < 20; round += 1) await say(30);
  const [first, count] = held(stream);
  assert.ok(count >= MOST && count < MOST + 100 && first + count === 3600, `${count} from ${first}`);
});
