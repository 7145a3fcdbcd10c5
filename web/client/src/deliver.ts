/** From what the server publishes to the events of the managers. */

import type { AliVCIMGroupManager } from './groups.ts';
import type { AliVCIMMessageManager } from './messages.ts';
import type { ImGroupInfoStatus, ImGroupMuteStatus, ImMessage, ImUser } from './types.ts';

interface MemberChange {
  groupId: string;
  memberCount: number;
  pv: number;
  joinUsers: ImUser[];
  leaveUsers: ImUser[];
}

/** A publication: an event's name, and what it tells. */
export type Published =
  | ({ event: 'recvgroupmessage' } & ImMessage & { groupId: string })
  | ({ event: 'recvc2cmessage' } & ImMessage)
  | { event: 'deletegroupmessage'; groupId: string; messageId: string }
  | ({ event: 'memberchange' } & MemberChange)
  | ({ event: 'mutechange' } & ImGroupMuteStatus)
  | ({ event: 'infochange' } & ImGroupInfoStatus)
  | { event: 'exit'; groupId: string; reason: number };

export interface Managers {
  groups: AliVCIMGroupManager;
  messages: AliVCIMMessageManager;
}

/**
 * Tells listeners of a publication. Each gets an object of its own, which it may change as it likes. What is not known is
 * passed over: later servers say more. `isBig` tells whether a group is one whose members are merely counted.
 */
export function deliver(
  published: Published,
  { groups, messages }: Managers,
  isBig: (groupId: string) => boolean,
): void {
  switch (published.event) {
    case 'recvgroupmessage': {
      const { event: _, ...message } = published;
      messages.emit('recvgroupmessage', message, message.groupId);
      break;
    }
    case 'recvc2cmessage': {
      const { event: _, ...message } = published;
      messages.emit('recvc2cmessage', message);
      break;
    }
    case 'deletegroupmessage':
      messages.emit('deletegroupmessage', published.messageId, published.groupId);
      break;
    case 'memberchange': {
      const { groupId, memberCount, pv, joinUsers, leaveUsers } = published;
      groups.emit('memberchange', groupId, memberCount, copies(joinUsers), copies(leaveUsers));
      const isBigGroup = isBig(groupId);
      groups.emit('memberdatachange', { groupId, onlineCount: memberCount, pv, isBigGroup, joinUsers, leaveUsers });
      break;
    }
    case 'mutechange': {
      const { event: _, ...status } = published;
      groups.emit('mutechange', published.groupId, status);
      break;
    }
    case 'infochange': {
      const { event: _, ...info } = published;
      groups.emit('infochange', published.groupId, info);
      break;
    }
  }
}

function copies(users: ImUser[]): ImUser[] {
  return users.map((user) => ({ ...user }));
}
