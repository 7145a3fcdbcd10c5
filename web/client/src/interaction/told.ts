/** From what the server publishes to the messages of the first generation. */

import type { ImMessage, ImUser } from '../types.ts';
import { type InteractionMessage, InteractionMessageTypes, type SenderInfo } from './types.ts';

type Published =
  | ({ event: 'recvgroupmessage' } & ImMessage & { groupId: string })
  | ({ event: 'systemmessage' } & InteractionMessage)
  | {
      event: 'memberchange';
      groupId: string;
      memberCount: number;
      pv: number;
      joinUsers: ImUser[];
      leaveUsers: ImUser[];
    }
  | { event: 'exit' | 'mutechange' | 'infochange' };

/** Comings and goings that were told as messages, and are yet to be told as changes of the members; at most this many. */
const REMEMBERED = 1_000;

/** Makes messages of what is published on one connection. */
export class Teller {
  private readonly toldAlready = new Set<string>();
  private made = 0;

  /**
   * The messages that a publication comes to. The server tells comings and goings as the system's messages where whoever
   * makes them asks for it, and always as changes of the members: they are told once.
   */
  messagesOf(published: Published): InteractionMessage[] {
    switch (published.event) {
      case 'recvgroupmessage': {
        const { groupId, messageId, type, data, sender } = published;
        return [{ groupId, messageId, type, data: parsed(data), ...senderOf(sender) }];
      }
      case 'systemmessage': {
        const { event: _, ...message } = published;
        if (
          message.type === InteractionMessageTypes.PaaSUserJoin ||
          message.type === InteractionMessageTypes.PaaSUserLeave
        )
          this.remember(nameOf(message));
        return [message];
      }
      case 'memberchange': {
        const statistics = { pv: published.pv, onlineCount: published.memberCount };
        const change = (type: InteractionMessageTypes) => (user: ImUser) => ({
          groupId: published.groupId,
          messageId: this.drawnId(),
          type,
          data: { statistics },
          ...senderOf(user),
        });
        const joined = published.joinUsers.map(change(InteractionMessageTypes.PaaSUserJoin));
        const left = published.leaveUsers.map(change(InteractionMessageTypes.PaaSUserLeave));
        return [...joined, ...left].filter((message) => !this.toldAlready.delete(nameOf(message)));
      }
      default:
        return [];
    }
  }

  private remember(name: string): void {
    this.toldAlready.add(name);
    const [oldest] = this.toldAlready;
    if (this.toldAlready.size > REMEMBERED && oldest !== undefined) this.toldAlready.delete(oldest);
  }

  private drawnId(): string {
    this.made += 1;
    return `member-change-${this.made}`;
  }
}

function nameOf({ type, groupId, senderId }: InteractionMessage): string {
  return `${type} ${groupId} ${senderId}`;
}

function senderOf(sender: ImUser | undefined): { senderId: string; senderInfo: SenderInfo } {
  return { senderId: sender?.userId ?? '', senderInfo: infoOf(sender) };
}

/** What is known of a user. */
export function infoOf(user: ImUser | undefined): SenderInfo {
  return { userId: user?.userId ?? '', userNick: '', userAvatar: '', userExtension: user?.userExtension ?? '' };
}

/** What a text says as JSON, or the text. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
