import { ask } from '@muster/ui';

/** What a node tells of a moment; rates are by the second. */
export interface Sample {
  at: number;
  connections: number;
  subscriptions: number;
  joins: number;
  messages: number;
  deliveries: number;
  drops: number;
  requests: number;
  p50: number | null;
  p99: number | null;
}

/** What went wrong since a node started. */
export interface Failures {
  loginsRefused: number;
  unrecovered: number;
  dropped: [what: string, count: number][];
  closes: [code: number, count: number][];
}

/** What a node tells of itself. */
export interface Answering {
  state: 'answers';
  node: string;
  version: string;
  startedAt: number;
  samples: Sample[];
  failures: Failures;
}

/** A node that holds a lease and does not answer. */
export interface Silent {
  state: 'silent';
  node: string;
  why: 'noNode' | 'late' | 'otherVersion' | 'tooLarge' | 'cutOff';
}

/** A node whose lease has been over for a while. */
export interface Gone {
  state: 'gone';
  node: string;
  forMillis: number;
}

export type NodeRow = Answering | Silent | Gone;

/** One of the busiest groups; messages are by the second. */
export interface BusyGroup {
  appId: string;
  groupId: string;
  name: string;
  members: number;
  messages: number;
}

/** How all nodes do. */
export interface Overview {
  answeredBy: string;
  everySeconds: number;
  /** Whether it is known which nodes there are. */
  complete: boolean;
  nodes: NodeRow[];
  groups: BusyGroup[];
}

export const HOUR_MILLIS = 3_600_000;

/** The nodes that answer. */
export const answering = ({ nodes }: Overview): Answering[] =>
  nodes.filter((node): node is Answering => node.state === 'answers');

/** The overview of all nodes, with the samples of `held`. */
export async function loadOverview(held: Overview | undefined, signal: AbortSignal): Promise<Overview> {
  const before = held ? answering(held) : [];
  // What each node has told; one whose clock is ahead tells a sample twice.
  const since = Math.min(...before.map(({ samples }) => samples.at(-1)?.at ?? 0));
  const told = await ask<Overview>(`overview?since=${Number.isFinite(since) ? since : 0}`, { signal });
  if (before.length === 0) return told;
  const known = (node: Answering) =>
    before.find((one) => one.node === node.node && one.startedAt === node.startedAt)?.samples;
  // One that was not there before has more to tell.
  if (answering(told).some((node) => !known(node))) return loadOverview(undefined, signal);
  const joined = (node: NodeRow): NodeRow => {
    if (node.state !== 'answers') return node;
    const kept = known(node) ?? [];
    const last = kept.at(-1)?.at ?? 0;
    const samples = [...kept, ...node.samples.filter(({ at }) => at > last)];
    const from = (samples.at(-1)?.at ?? 0) - HOUR_MILLIS;
    return { ...node, samples: samples.filter(({ at }) => at > from) };
  };
  return { ...told, nodes: told.nodes.map(joined) };
}
