// What the contract says of something that went over the connection.
import type { Realtime, RealtimeEnd, RealtimeError } from '../../contract/realtime.ts';
import type { Schema } from '../../contract/schema.ts';
import { realtimePath } from '../../search/search.ts';
import type { Entry } from './connection.ts';

export interface Meaning {
  /** What it is, in a sentence; empty where the contract does not say. */
  text: string;
  /** What it carries. */
  schema?: Schema | undefined;
  /** Where it is documented. */
  path?: string;
}

const GROUP = 'g:<groupId>';

export function meaningOf({ kind, name, code, reason }: Entry, realtime: Realtime): Meaning {
  switch (kind) {
    case 'connected':
      return { text: realtime.login.connected.description ?? '', schema: realtime.login.connected };
    case 'joined':
      return { text: realtime.channels[GROUP]?.what ?? '', schema: realtime.channels[GROUP]?.subscribed };
    case 'event': {
      const event = realtime.events[name];
      return event
        ? { text: event.data.description ?? '', schema: event.data, path: realtimePath(name) }
        : { text: '' };
    }
    case 'reply': {
      const call = realtime.calls[name];
      return call
        ? { text: call.result.description ?? '', schema: call.result, path: realtimePath(name) }
        : { text: '' };
    }
    case 'closed':
      return { text: endOf(realtime.closes, code, reason) || errorOf(realtime.errors, code, reason) };
    case 'left':
      return { text: endOf(realtime.unsubscribes, code, reason) };
    default:
      return { text: errorOf(realtime.errors, code, reason) };
  }
}

/** Of those with this number the one with these words, or the first where the words are the reply's own. */
function errorOf(errors: RealtimeError[], code: number | undefined, reason: string | undefined): string {
  const same = errors.filter((error) => error.code === code);
  return (same.find(({ text }) => text === reason) ?? same[0])?.meaning ?? '';
}

function endOf(ends: RealtimeEnd[], code: number | undefined, reason: string | undefined): string {
  const same = ends.filter((end) => end.code === code);
  return (same.find((end) => end.reason === reason) ?? same[0])?.meaning ?? '';
}
