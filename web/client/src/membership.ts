/** One group on one connection: a subscription, from joining to its end. */

import type { Centrifuge, PublicationContext, Subscription, UnsubscribedContext } from 'centrifuge';

import { errorOf, IMError, ImErrors } from './errors.ts';
import type { ImGroupInfo } from './types.ts';

/** How long joining may take, in milliseconds, a reconnect in between included. */
const JOIN_TIME = 10_000;
/** The first of the errors that the server gives; smaller ones are the connection's, which comes back by itself. */
const FIRST_OF_SERVER = 100;
/** The first of the codes that a subscription ends with which was good before. */
const FIRST_OF_ENDS = 1000;

/** Why one is no longer in a group. */
export enum ExitReason {
  DISSOLVED = 1,
  REMOVED = 2,
}

/** Who is told what happens in a group. */
export interface MembershipObserver {
  published(data: unknown): void;
  /** The membership has ended, and not by leaving. */
  removed(groupId: string, reason: ExitReason): void;
}

/** A join under way. */
interface Joining {
  info: Promise<ImGroupInfo>;
  done(info: ImGroupInfo): void;
  failed(error: IMError): void;
}

export class Membership {
  /** The group as it was told on joining, and joining anew; nothing while one is not in it. */
  info: ImGroupInfo | undefined;
  private joining: Joining | undefined;
  private readonly subscription: Subscription;

  constructor(
    client: Centrifuge,
    private readonly groupId: string,
    private readonly observer: MembershipObserver,
  ) {
    this.subscription = client.newSubscription(`g:${groupId}`, { recoverable: true, positioned: true });
    this.subscription.on('subscribed', (context) => this.entered(context.data as ImGroupInfo));
    this.subscription.on('unsubscribed', (context) => this.ended(context));
    this.subscription.on('error', ({ error }) => {
      if (error.code >= FIRST_OF_SERVER) this.giveUp(errorOf(error));
    });
    this.subscription.on('publication', (context: PublicationContext) => observer.published(context.data));
  }

  /** Joins; who asks while a join is under way waits for that. */
  join(): Promise<ImGroupInfo> {
    if (this.joining) return this.joining.info;
    const joining = {} as Joining;
    joining.info = new Promise((resolve, reject) => {
      joining.done = resolve;
      joining.failed = reject;
    });
    this.joining = joining;
    const late = () => this.giveUp(new IMError(ImErrors.ERROR_NO_SESSION, 'no answer to joining the group'));
    const timer = setTimeout(late, JOIN_TIME);
    const settled = () => clearTimeout(timer);
    joining.info.then(settled, settled);
    this.subscription.subscribe();
    return joining.info;
  }

  /** Leaves; nothing happens where one is not in the group. */
  leave(): void {
    this.info = undefined;
    this.subscription.unsubscribe();
  }

  /** The group once the subscription stands again after a reconnect; nothing where it has ended. */
  async restored(): Promise<ImGroupInfo | undefined> {
    await this.subscription.ready().catch(() => undefined);
    return this.info;
  }

  /** The connection has ended: who waits for a join is told. */
  abandon(error: IMError): void {
    this.info = undefined;
    const joining = this.joining;
    this.joining = undefined;
    joining?.failed(error);
  }

  private entered(info: ImGroupInfo): void {
    this.info = info;
    const joining = this.joining;
    this.joining = undefined;
    joining?.done(info);
  }

  private ended({ code, reason }: UnsubscribedContext): void {
    const wasIn = this.info !== undefined;
    this.info = undefined;
    const joining = this.joining;
    this.joining = undefined;
    const refused = code >= FIRST_OF_SERVER && code < FIRST_OF_ENDS;
    joining?.failed(refused ? errorOf({ code, message: reason }) : leftMeanwhile());
    if (wasIn) this.observer.removed(this.groupId, isGone(code) ? ExitReason.DISSOLVED : ExitReason.REMOVED);
  }

  private giveUp(error: IMError): void {
    const joining = this.joining;
    if (!joining) return;
    this.joining = undefined;
    this.leave();
    joining.failed(error);
  }
}

/** The server's codes for a group that is no more: of a subscription that it ends, and of one that it refuses. */
const GROUP_CLOSED = 2102;
function isGone(code: number): boolean {
  return code === GROUP_CLOSED || code === ImErrors.ERROR_GROUP_DELETED || code === ImErrors.ERROR_GROUP_NOT_EXIST;
}

function leftMeanwhile(): IMError {
  return new IMError(ImErrors.ERROR_GROUP_NOT_JOINED, 'the group was left before it was joined');
}
