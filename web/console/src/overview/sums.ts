// Several nodes as one: their samples and failures added up.
import type { Answering, Failures, Sample } from './load.ts';

/** The larger of two, where there is one. */
const larger = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.max(one, other);

const added = (one: Sample, other: Sample): Sample => ({
  at: one.at,
  connections: one.connections + other.connections,
  subscriptions: one.subscriptions + other.subscriptions,
  joins: one.joins + other.joins,
  messages: one.messages + other.messages,
  deliveries: one.deliveries + other.deliveries,
  drops: one.drops + other.drops,
  requests: one.requests + other.requests,
  // Of percentiles nothing can be added: the slowest node is what somebody meets.
  p50: larger(one.p50, other.p50),
  p99: larger(one.p99, other.p99),
});

/**
 * The samples of several nodes as those of one, a moment every `everyMillis`. Nodes take theirs at moments of their own: of each
 * counts the newest at a moment, for as long as two more would have come.
 */
export function summed(courses: readonly (readonly Sample[])[], everyMillis: number): Sample[] {
  const there = courses.filter((course) => course.length > 0);
  const [first] = there;
  if (!first || there.length === 1) return [...(first ?? [])];
  const end = Math.max(...there.map((course) => course.at(-1)?.at ?? 0));
  const begin = Math.min(...there.map((course) => course[0]?.at ?? end));
  const places = there.map(() => 0);
  const sums: Sample[] = [];
  for (let at = end - Math.floor((end - begin) / everyMillis) * everyMillis; at <= end; at += everyMillis) {
    let sum: Sample | undefined;
    there.forEach((course, n) => {
      let place = places[n] ?? 0;
      while ((course[place + 1]?.at ?? Number.POSITIVE_INFINITY) <= at) place += 1;
      places[n] = place;
      const sample = course[place];
      if (!sample || sample.at > at || sample.at <= at - 2 * everyMillis) return;
      sum = sum ? added(sum, sample) : { ...sample, at };
    });
    if (sum) sums.push(sum);
  }
  return sums;
}

/** Counts by name, those of one name added up. */
function counts<T>(lists: readonly (readonly [T, number])[][]): [T, number][] {
  const sums = new Map<T, number>();
  for (const [name, count] of lists.flat()) sums.set(name, (sums.get(name) ?? 0) + count);
  return [...sums];
}

/** The failures of several nodes as those of one. */
export const allFailures = (nodes: readonly Answering[]): Failures => ({
  loginsRefused: nodes.reduce((sum, { failures }) => sum + failures.loginsRefused, 0),
  unrecovered: nodes.reduce((sum, { failures }) => sum + failures.unrecovered, 0),
  dropped: counts(nodes.map(({ failures }) => failures.dropped)),
  closes: counts(nodes.map(({ failures }) => failures.closes)),
});
