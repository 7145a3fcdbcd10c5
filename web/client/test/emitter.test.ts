import assert from 'node:assert/strict';
import { type Mock, mock, test } from 'node:test';

import { EventEmitter } from '../src/emitter.ts';

type Events = { said: [text: string, place: number]; done: [] };

test('listeners are called in their order, with their context, and once where that was asked for', () => {
  const emitter = new EventEmitter<Events>();
  const heard: unknown[] = [];
  const context = { name: 'context' };
  emitter.on('said', (text, place) => heard.push([text, place])).once('done', () => heard.push('done'));
  emitter.addListener(
    'said',
    function (this: unknown) {
      heard.push(this);
    },
    context,
  );
  assert.equal(emitter.emit('said', 'a', 1), true);
  emitter.emit('done');
  assert.equal(emitter.emit('done'), false);
  assert.deepEqual(heard, [['a', 1], context, 'done']);
});

test('a listener, those of a name, and all are forgotten', () => {
  const emitter = new EventEmitter<Events>();
  const first = () => {};
  const second = () => {};
  emitter.on('said', first).on('said', second).on('done', first);
  assert.deepEqual(emitter.removeListener('said', first).listeners('said'), [second]);
  assert.equal(emitter.off('said').listenerCount('said'), 0);
  assert.deepEqual(emitter.eventNames(), ['done']);
  assert.deepEqual(emitter.on('said', first).removeAllListeners('done').eventNames(), ['said']);
  assert.deepEqual(emitter.removeAllListeners().eventNames(), []);
});

test('an event goes to those who listened when it came', () => {
  const emitter = new EventEmitter<Events>();
  const late = mock.fn();
  emitter.on('done', () => void emitter.on('done', late));
  emitter.emit('done');
  assert.equal(late.mock.callCount(), 0);
});

test('a listener that throws is told of, and stops neither the others nor who emits', () => {
  const emitter = new EventEmitter<Events>();
  const complaint = mock.method(console, 'error', () => {}) as Mock<typeof console.error>;
  const heard = mock.fn();
  emitter.on('said', (text) => JSON.parse(text));
  emitter.on('said', heard);
  emitter.emit('said', 'no JSON', 1);
  complaint.mock.restore();
  assert.deepEqual(heard.mock.calls[0]?.arguments, ['no JSON', 1]);
  assert.equal(complaint.mock.callCount(), 1);
});

test('what is no function is refused at once', () => {
  const emitter = new EventEmitter<Events>();
  assert.throws(() => emitter.on('done', undefined as never), TypeError);
});
