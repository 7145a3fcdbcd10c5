/** The objects and enumerations of the first generation's client SDK. */

export enum InteractionEventNames {
  Message = 'message',
}

/** What the system says in groups. */
export enum InteractionMessageTypes {
  PaaSLikeInfo = 1001,
  PaaSUserJoin = 1002,
  PaaSUserLeave = 1003,
  PaaSMuteGroup = 1004,
  PaaSCancelMuteGroup = 1005,
  PaaSMuteUser = 1006,
  PaaSCancelMuteUser = 1007,
}

/** Who is told of a change: nobody, whom it concerns, everybody in the group. */
export type BroadCastType = 0 | 1 | 2;

export interface SenderInfo {
  userId: string;
  userNick: string;
  userAvatar: string;
  userExtension: string;
}

/** What listeners of `message` are given. */
export interface InteractionMessage {
  groupId: string;
  messageId: string;
  type: number;
  /** What was sent, parsed where it is JSON. */
  data: unknown;
  senderId: string;
  senderInfo: SenderInfo;
}

export interface OfGroup {
  groupId: string;
}

export interface Told extends OfGroup {
  broadCastType?: BroadCastType;
}

export interface JoinRequest extends Told {
  userNick?: string;
  userAvatar?: string;
  userExtension?: string;
  broadCastStatistics?: boolean;
}

/** A page of a list, from 1 on; of at most 200, 50 when nothing is said. */
export interface PageRequest extends OfGroup {
  sortType?: number;
  pageNum?: number;
  pageSize?: number;
}

export interface SendRequest extends OfGroup {
  type: number;
  data: string;
  skipMuteCheck?: boolean;
  skipAudit?: boolean;
  level?: number;
}

export interface SendToUsersRequest extends SendRequest {
  /** Who hears it: 1 to 100 members. */
  receiverIdList: string[];
}

export interface LikeRequest extends Told {
  count: number;
}

export interface MuteUserRequest extends Told {
  muteUserList: string[];
  /** In seconds; 0, or nothing, is the server's usual time. */
  muteTime?: number;
}

export interface CancelMuteUserRequest extends Told {
  cancelMuteUserList: string[];
}

export interface GroupStatistics {
  groupId: string;
  createTime: number;
  status: number;
  likeCount: number;
  pv: number;
  uv: number;
  onlineCount: number;
  isMuteAll: boolean;
}

export interface GroupUser extends SenderInfo {
  isMute: boolean;
  /** What mutes the user: `group`, `user`, or both. */
  muteBy: string[];
}
