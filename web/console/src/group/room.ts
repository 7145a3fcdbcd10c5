// What the console asks and does in a group, whichever generation it is of.
import type { Made } from '@muster/ui';
import type { App } from '../app/load.ts';
import { firstRoom } from './room-first.ts';
import { secondRoom } from './room-second.ts';

/** Facts of a group. What a generation does not know is `undefined`. */
export interface Facts {
  name: string;
  info: string;
  creator: string;
  admins: string[];
  /** In milliseconds. */
  created: number;
  deleted: boolean;
  /** Whether it is too large for the API to list its members. */
  isSuper: boolean;
  /** Users in it now. */
  online: number | undefined;
  /** Joins since it was made. */
  joins: number | undefined;
  visitors: number | undefined;
  likes: number | undefined;
  /** Messages of each type. */
  counts: Record<string, number>;
  mutedAll: boolean;
  /** Users who are muted one by one. */
  muted: string[];
  /** Users who may talk while everybody is muted. */
  spared: string[];
  made: Made;
}

/** Somebody in a group. */
export interface Person {
  id: string;
  /** When they joined, in milliseconds, where that is told. */
  joined: number | undefined;
  info: string;
}

export type Order = 'first' | 'latest';

/** A page of people. */
export interface People {
  rows: Person[];
  /** Where the next page begins; `undefined` behind the last. */
  next: number | undefined;
  /** How many there are, where that is told. */
  total: number | undefined;
}

/** A message of a group. */
export interface Message {
  id: string;
  type: number;
  body: string;
  sender: string;
  /** When it was said, in milliseconds, where that is told. */
  at: number | undefined;
}

/** A page of messages, the newest first. */
export interface Messages {
  rows: Message[];
  /** Where older ones begin; `undefined` behind the oldest. */
  older: number | undefined;
}

/** Which messages are shown. */
export interface Shown {
  type: number | undefined;
  /** None after this moment, in milliseconds. */
  until: number | undefined;
}

/** A group. Whatever changes something gives the call that it made. */
export interface Room {
  /** People and messages come in pages of this many. */
  readonly page: number;
  /** Whether any page of people can be asked for, or only the one behind another. */
  readonly pagesByNumber: boolean;
  facts(signal: AbortSignal): Promise<Facts>;
  /** `from` is what another page gave as `next`, or with `pagesByNumber` the page, from 1. */
  people(order: Order, from: number | undefined, signal: AbortSignal): Promise<People>;
  isHere(user: string, signal: AbortSignal): Promise<boolean>;
  messages(shown: Shown, from: number | undefined, signal: AbortSignal): Promise<Messages>;
  send(sender: string, body: string, type: number): Promise<Made>;
  mute(user: string): Promise<Made>;
  unmute(user: string): Promise<Made>;
  muteAll(on: boolean): Promise<Made>;
  kick(user: string): Promise<Made>;
  /** Takes a message back, where the generation can. */
  erase?(message: string): Promise<Made>;
  /** Deletes the group; the second generation can make it exist again. */
  remove(): Promise<Made>;
  recover?(): Promise<Made>;
}

/** The room of a group of an application. */
export const roomOf = (app: App, group: string): Room => (app.generation === 1 ? firstRoom : secondRoom)(app.id, group);
