import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sample } from '../src/overview/load.ts';
import { allFailures, summed } from '../src/overview/sums.ts';

const sample = (at: number, connections: number, p99: number | null = null): Sample => ({
  at,
  connections,
  subscriptions: 0,
  joins: 1,
  messages: 0,
  deliveries: 0,
  drops: 0,
  requests: 0,
  p50: null,
  p99,
});

test('nodes that sample at moments of their own are added up without a dip', () => {
  const one = [sample(10, 5), sample(20, 6), sample(30, 7)];
  const other = [sample(13, 100), sample(23, 200, 4)];
  const sums = summed([one, other, []], 10);
  assert.deepEqual(
    sums.map(({ at, connections, joins, p99 }) => [at, connections, joins, p99]),
    [
      [10, 5, 1, null],
      [20, 106, 2, null],
      [30, 207, 2, 4],
    ],
  );
});

test('a node that has fallen silent counts no longer than two samples would have taken', () => {
  const sums = summed([[10, 20, 30, 40, 50].map((at) => sample(at, 1)), [sample(10, 10)]], 10);
  assert.deepEqual(
    sums.map(({ connections }) => connections),
    [11, 11, 1, 1, 1],
  );
});

test('one node is itself', () => {
  const course = [sample(11, 5), sample(22, 6)];
  assert.deepEqual(summed([course], 10), course);
  assert.deepEqual(summed([], 10), []);
});

test('failures of one kind are added up over the nodes', () => {
  const node = (closes: [number, number][]) => ({
    state: 'answers' as const,
    node: 'n',
    version: '1',
    startedAt: 0,
    samples: [],
    failures: { loginsRefused: 2, unrecovered: 0, dropped: [], closes },
  });
  const all = allFailures([
    node([[3501, 4]]),
    node([
      [3501, 1],
      [4501, 1],
    ]),
  ]);
  assert.deepEqual(
    [all.loginsRefused, all.closes],
    [
      4,
      [
        [3501, 5],
        [4501, 1],
      ],
    ],
  );
});
