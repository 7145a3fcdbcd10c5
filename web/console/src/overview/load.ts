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

/** What a node tells of itself. */
export interface Overview {
  node: string;
  version: string;
  startedAt: number;
  everySeconds: number;
  samples: Sample[];
  failures: {
    loginsRefused: number;
    unrecovered: number;
    dropped: [what: string, count: number][];
    closes: [code: number, count: number][];
  };
}

export const HOUR_MILLIS = 3_600_000;

/** The overview of whichever node answers, with the samples of `held` that are of the same one. */
export async function loadOverview(held: Overview | undefined, signal: AbortSignal): Promise<Overview> {
  const since = held?.samples.at(-1)?.at ?? 0;
  const told = await ask<Overview>(`overview?since=${since}`, { signal });
  const isSame = held?.node === told.node && held.startedAt === told.startedAt;
  if (!isSame) return since === 0 ? told : loadOverview(undefined, signal);
  const from = (told.samples.at(-1)?.at ?? since) - HOUR_MILLIS;
  return { ...told, samples: [...held.samples, ...told.samples].filter(({ at }) => at > from) };
}
