// The one connection of the page, and the log of what went over it. It is made over npm `centrifuge`, as an application would.
import { signal } from '@preact/signals';
import { Centrifuge, type PublicationContext, type Subscription, UnauthorizedError } from 'centrifuge';

/** Something that went over the connection, or happened to it. */
export interface Entry {
  id: number;
  /** When, in milliseconds since 1970. */
  at: number;
  kind: 'connected' | 'closed' | 'failed' | 'joined' | 'left' | 'event' | 'reply' | 'refused';
  /** The event, the call, the group or the user that it is about. */
  name: string;
  /** The channel of an event. */
  channel?: string;
  /** Where an event stands in its channel's stream, if it does. */
  offset?: number;
  /** The number of an error or of a close, and what was said with it. */
  code?: number;
  reason?: string;
  /** What came, as JSON. */
  data?: unknown;
  /** How long a reply took, in milliseconds. */
  millis?: number;
}

/** Entries that are kept; the oldest go first. */
const KEPT = 200;
/** The client's own numbers, of which the server knows nothing. */
const CALLED_OFF = 0;

export type Stage = 'closed' | 'connecting' | 'open';

export const stage = signal<Stage>('closed');
/** Who is logged in. */
export const user = signal('');
/** The groups that were joined, in their order. */
export const joined = signal<readonly string[]>([]);
/** What happened, the newest first. */
export const entries = signal<readonly Entry[]>([]);

let client: Centrifuge | undefined;
let count = 0;

function note(entry: Omit<Entry, 'id' | 'at'>): void {
  count += 1;
  entries.value = [{ id: count, at: Date.now(), ...entry }, ...entries.value].slice(0, KEPT);
}

export function clearEntries(): void {
  entries.value = [];
}

/** Where the server's connections begin: on the host that the page came from. */
export function socketAddress({ protocol, host }: Pick<Location, 'protocol' | 'host'>): string {
  return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}/connection/websocket`;
}

/** Logs in. `renew` gives another token when that one has ended; without it the connection ends then. */
export function connect(token: string, renew?: () => Promise<string>): void {
  disconnect();
  const getToken = renew ?? (() => Promise.reject(new UnauthorizedError('the token has ended')));
  const opened = new Centrifuge(socketAddress(location), { token, getToken });
  client = opened;
  stage.value = 'connecting';
  opened.on('connecting', ({ code, reason }) => {
    stage.value = 'connecting';
    if (code !== CALLED_OFF) note({ kind: 'closed', name: user.value, code, reason });
  });
  opened.on('connected', ({ data }) => {
    user.value = String((data as { userId?: unknown } | undefined)?.userId ?? '');
    stage.value = 'open';
    note({ kind: 'connected', name: user.value, data });
  });
  opened.on('disconnected', ({ code, reason }) => {
    note({ kind: 'closed', name: user.value, code, reason });
    if (client === opened) ended();
  });
  opened.on('error', ({ error }) => note({ kind: 'failed', name: '', code: error.code, reason: error.message }));
  opened.on('publication', heard);
  opened.connect();
}

function heard({ channel, data, offset }: PublicationContext): void {
  const name = String((data as { event?: unknown } | undefined)?.event ?? channel);
  note({ kind: 'event', name, channel, data, ...(offset === undefined ? {} : { offset }) });
}

function ended(): void {
  client = undefined;
  stage.value = 'closed';
  joined.value = [];
  user.value = '';
}

/** Leaves every group, so that nobody waits for the user to come back, and closes the connection. */
export function disconnect(): void {
  if (!client) return;
  for (const group of joined.value) subscriptionOf(group)?.unsubscribe();
  client.disconnect();
}

const subscriptionOf = (group: string): Subscription | null => client?.getSubscription(`g:${group}`) ?? null;

/** Joins a group, and hears what is said in it from then on. */
export function join(group: string): void {
  if (!client || subscriptionOf(group)) return;
  const opened = client;
  const subscription = opened.newSubscription(`g:${group}`);
  subscription.on('subscribed', ({ data }) => {
    if (!joined.value.includes(group)) joined.value = [...joined.value, group];
    note({ kind: 'joined', name: group, data });
  });
  subscription.on('unsubscribed', ({ code, reason }) => {
    const kind = joined.value.includes(group) ? 'left' : 'refused';
    joined.value = joined.value.filter((other) => other !== group);
    note({ kind, name: group, code, reason });
    opened.removeSubscription(subscription);
  });
  subscription.on('publication', heard);
  subscription.on('error', ({ error }) =>
    note({ kind: 'failed', name: group, code: error.code, reason: error.message }),
  );
  subscription.subscribe();
}

/** Leaves a group. */
export function leave(group: string): void {
  subscriptionOf(group)?.unsubscribe();
}

/** Makes a call, and takes note of its reply. */
export async function callOver(method: string, parameters: unknown): Promise<void> {
  if (!client) return;
  const began = performance.now();
  try {
    const { data } = await client.rpc(method, parameters);
    note({ kind: 'reply', name: method, data, millis: performance.now() - began });
  } catch (error) {
    const { code, message } = error as { code: number; message: string };
    note({ kind: 'refused', name: method, code, reason: message, millis: performance.now() - began });
  }
}
