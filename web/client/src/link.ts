/** One login's connection: it logs in, comes back when it breaks, and ends. Over the Centrifuge client. */

import { Centrifuge, type DisconnectedContext, errorCodes, UnauthorizedError } from 'centrifuge';

import type { Ways } from './address.ts';
import { authFail, errorOf, IMError, ImErrors, invalid, notLoggedIn } from './errors.ts';
import { type ExitReason, Membership } from './membership.ts';
import { ImDisconnectCode, type ImGroupInfo } from './types.ts';

/** How long logging in may take over one of the ways before it has failed, in milliseconds: longer than the SDK waits for one. */
const LOGIN_TIME = 15_000;
/** How long the answer of a call may take, in milliseconds. */
const CALL_TIME = 10_000;
/** The shortest and the longest pause before the connection is tried again, in milliseconds. */
const RECONNECT_PAUSE: [number, number] = [200, 5_000];

/** How the server closes a connection whose user logs in again, and one whose application is switched off. */
const SIGNED_IN_ELSEWHERE = 4501;
const REMOVED = 4503;

/** Who is told what happens to a connection. */
export interface LinkObserver {
  /** A connection stands whose login is good. */
  connected(): void;
  /** The connection broke, and is tried again. */
  lost(): void;
  /** These groups are there again on a connection that came back. */
  restored(groups: ImGroupInfo[]): void;
  /** It has ended, and not by `close`. */
  ended(code: ImDisconnectCode): void;
  /** Something was said in a group or to the user. */
  published(data: unknown): void;
  /** A membership has ended, and not by leaving. */
  removed(groupId: string, reason: ExitReason): void;
  /** The token has ended: another one, or a rejection where there is none. */
  renewed(): Promise<string>;
}

export interface LinkOptions {
  ways: Ways;
  token: string;
  /** How long to try to come back before the login has ended, in milliseconds. */
  patience: number;
}

/** Where a connection stands. */
enum Stage {
  Opening,
  Open,
  Lost,
  Closed,
}

export class Link {
  private readonly client: Centrifuge;
  private readonly memberships = new Map<string, Membership>();
  private stage = Stage.Opening;
  private opening: { done(): void; failed(error: IMError): void } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempts: number;
  /** Counts connections, so that what waits for one is not taken for what waits for the next. */
  private connections = 0;
  /** While the connection is dropped in order to be made anew. */
  private renewing = false;

  constructor(
    private readonly options: LinkOptions,
    private readonly observer: LinkObserver,
  ) {
    const [minReconnectDelay, maxReconnectDelay] = RECONNECT_PAUSE;
    const { endpoints, emulation } = options.ways;
    this.attempts = endpoints.length;
    this.client = new Centrifuge(endpoints, {
      emulationEndpoint: emulation,
      token: options.token,
      getToken: () => this.anotherToken(),
      data: { acknowledges: true },
      timeout: CALL_TIME,
      minReconnectDelay,
      maxReconnectDelay,
    });
    this.client.on('connected', () => this.arrived());
    this.client.on('connecting', () => this.broke());
    this.client.on('disconnected', (context) => this.stopped(context));
    this.client.on('publication', (context) => observer.published(context.data));
    this.client.on('error', ({ error, type }) => {
      if (this.stage !== Stage.Opening) return;
      // A WebSocket that is never answered does not open; a stream opens with the answer to its login.
      const silent = type === 'connect' && error.code === errorCodes.timeout && this.attempts < endpoints.length;
      this.attempts -= 1;
      // Each transport is tried once before the server counts as out of reach.
      if (!(silent || type === 'transport') || this.attempts <= 0) this.fail(errorOf(error));
      else this.limitLogin();
    });
  }

  /** Logs in. Rejects when the login is not good, or the server cannot be reached. */
  open(): Promise<void> {
    return new Promise((done, failed) => {
      this.opening = { done, failed };
      this.limitLogin();
      this.client.connect();
    });
  }

  /** Whether the login holds: also while a broken connection is tried again. */
  get isOpen(): boolean {
    return this.stage === Stage.Open || this.stage === Stage.Lost;
  }

  /** Logs out, of the groups at once: whoever merely goes is waited for. Nobody is told. */
  close(): void {
    const opening = this.opening;
    for (const membership of this.memberships.values()) {
      membership.abandon(notLoggedIn());
      membership.leave();
    }
    this.finish();
    opening?.failed(notLoggedIn());
  }

  /** Drops the connection and makes it anew at once. */
  reconnect(): void {
    if (!this.isOpen) return;
    this.renewing = true;
    this.client.disconnect();
    this.renewing = false;
    this.broke();
    this.client.connect();
  }

  /** The token of the next connection. */
  setToken(token: string): void {
    this.client.setToken(token);
  }

  /** Calls a method of the server, once the connection stands. */
  async call<Result>(method: string, data: unknown): Promise<Result> {
    if (!this.isOpen) throw notLoggedIn();
    try {
      return (await this.client.rpc(method, data)).data as Result;
    } catch (error) {
      throw errorOf(error);
    }
  }

  /** Joins a group; of one that one is in, tells how it stands. */
  async join(groupId: string): Promise<ImGroupInfo> {
    if (!this.isOpen) throw notLoggedIn();
    let membership = this.memberships.get(groupId);
    if (membership?.info) return this.call('queryGroup', groupId);
    if (!membership) {
      membership = new Membership(this.client, groupId, this.observer);
      this.memberships.set(groupId, membership);
    }
    return membership.join();
  }

  /** Leaves a group; nothing happens where one is not in it. */
  leave(groupId: string): void {
    if (!this.isOpen) throw notLoggedIn();
    this.memberships.get(groupId)?.leave();
  }

  /** Whether one has joined a group. */
  isIn(groupId: string): boolean {
    return this.memberships.get(groupId)?.info !== undefined;
  }

  /** What was told of a group when one joined it. */
  group(groupId: string): ImGroupInfo | undefined {
    return this.memberships.get(groupId)?.info;
  }

  /** Gives the way that is tried now its time. */
  private limitLogin(): void {
    clearTimeout(this.timer);
    const late = () => this.fail(new IMError(ImErrors.ERROR_NO_SESSION, 'no answer from the server'));
    this.timer = setTimeout(late, LOGIN_TIME);
  }

  private arrived(): void {
    clearTimeout(this.timer);
    const opening = this.opening;
    this.opening = undefined;
    this.stage = Stage.Open;
    this.connections += 1;
    this.observer.connected();
    if (opening) opening.done();
    else void this.tellRestored(this.connections);
  }

  private async tellRestored(connection: number): Promise<void> {
    const joined = [...this.memberships.values()].filter((membership) => membership.info !== undefined);
    const groups = await Promise.all(joined.map((membership) => membership.restored()));
    if (this.stage !== Stage.Open || this.connections !== connection) return;
    this.observer.restored(groups.filter((info) => info !== undefined));
  }

  private broke(): void {
    if (this.stage !== Stage.Open) return;
    this.stage = Stage.Lost;
    this.timer = setTimeout(() => {
      this.finish();
      this.observer.ended(ImDisconnectCode.TIMEOUT);
    }, this.options.patience);
    this.observer.lost();
  }

  private stopped({ code, reason }: DisconnectedContext): void {
    if (this.stage === Stage.Closed || this.renewing) return;
    if (this.stage === Stage.Opening) {
      // The number of a refused login is an error's; others are those of a closed connection.
      const refused = code >= ImErrors.ERROR_INVALID_PARAM && code < 1000;
      const message = `the server closed the connection: ${reason}`;
      const closed = new IMError(ImErrors.ERROR_NO_SESSION, message);
      this.fail(code === UNAUTHORIZED ? authFail() : refused ? errorOf({ code, message: reason }) : closed);
      return;
    }
    this.finish();
    this.observer.ended(ENDS.get(code) ?? ImDisconnectCode.TIMEOUT);
  }

  /** Asked when the token has ended: of a login that is new, that is its failure. */
  private async anotherToken(): Promise<string> {
    if (this.stage === Stage.Opening) throw new UnauthorizedError('the token of the login has ended');
    try {
      return await this.observer.renewed();
    } catch {
      throw new UnauthorizedError('the application has no other token');
    }
  }

  private fail(error: IMError): void {
    const opening = this.opening;
    this.finish();
    opening?.failed(error);
  }

  private finish(): void {
    clearTimeout(this.timer);
    this.opening = undefined;
    this.stage = Stage.Closed;
    this.client.disconnect();
    for (const membership of this.memberships.values()) membership.abandon(notLoggedIn());
    this.memberships.clear();
  }
}

/** The Centrifuge client's code for a token that there is none of. */
const UNAUTHORIZED = 1;

const ENDS = new Map<number, ImDisconnectCode>([
  [SIGNED_IN_ELSEWHERE, ImDisconnectCode.LOGGED_IN_ELSEWHERE],
  [REMOVED, ImDisconnectCode.KICKED],
]);

/** The group that a call names: its bare id, or an object that holds it. */
export function groupIdOf(given: string | { groupId: string }): string {
  const id = typeof given === 'string' ? given : given?.groupId;
  if (typeof id !== 'string' || id === '') throw invalid('groupId must be a text');
  return id;
}
