/** The objects and enumerations of the client SDK, version 1.3.1, and the fields that later versions have added. */

export enum ImLogLevel {
  NONE = 0,
  DBUG = 1,
  // biome-ignore lint/suspicious/noDuplicateEnumValues: the documentation writes both names.
  DEBUG = 1,
  INFO = 2,
  WARN = 3,
  ERROR = 4,
}

export enum ImMessageLevel {
  NORMAL = 0,
  HIGH = 1,
}

export enum ImSortType {
  ASC = 0,
  DESC = 1,
}

/** What `init` is given. Other keys are passed over. */
export interface ImSdkConfig {
  appId: string;
  appSign: string;
  deviceId?: string;
  logLevel?: ImLogLevel;
  source?: string;
  /** Seconds without a connection after which the login has ended: 15 to 120, else 99. */
  heartbeatTimeout?: number;
  extra?: Record<string, string>;
  /** The server's address, for a page that loads the script from elsewhere. */
  endpoint?: string;
}

export interface ImUser {
  userId: string;
  /** What the user says of itself; others see it beside the user's messages. */
  userExtension?: string;
}

export interface ImUserAuth {
  nonce: string;
  /** When the token ends, in seconds since 1970. */
  timestamp: number;
  /** `admin` for who runs every group of the application. */
  role?: string | null;
  token: string;
}

export interface ImLoginReq {
  user: ImUser;
  userAuth: ImUserAuth;
}

/** A login as application servers answer it: taken as well, so that a page can pass it on. */
export interface ImAppLogin {
  userId: string;
  userExtension?: string;
  role?: string | null;
  auth: { nonce: string; timestamp: number; role?: string | null };
  appToken: string;
}

/** How the application answers `tokenexpired`: with a new token, or with why there is none. */
export type TokenCallback = (error: { code?: number; msg?: string } | null | undefined, auth?: ImUserAuth) => void;

/** Why a login has ended. */
export enum ImDisconnectCode {
  LOGOUT = 1,
  KICKED = 2,
  TIMEOUT = 3,
  LOGGED_IN_ELSEWHERE = 4,
}

export interface ImGroupMuteStatus {
  groupId: string;
  muteAll: boolean;
  muteUserList: string[];
  whiteUserList: string[];
}

export interface ImGroupInfo {
  groupId: string;
  groupName: string;
  groupMeta: string;
  /** In seconds since 1970. */
  createTime: number;
  creator: string;
  admins: string[];
  statistics: { pv: number; onlineCount: number; msgAmount: Record<string, number> };
  muteStatus: ImGroupMuteStatus;
  isBigGroup: boolean;
}

export interface ImGroupInfoStatus {
  groupId: string;
  groupMeta: string;
  adminList: string[];
}

/** What `memberdatachange` tells. */
export interface ImMemberData {
  groupId: string;
  onlineCount: number;
  pv: number;
  isBigGroup: boolean;
  joinUsers: ImUser[];
  leaveUsers: ImUser[];
}

export interface ImMessage {
  /** Of a message to a group. */
  groupId?: string;
  messageId: string;
  type: number;
  data: string;
  sender?: ImUser;
  seqnum: number;
  /** In seconds since 1970. */
  timestamp: number;
  level: ImMessageLevel;
  repeatCount: number;
  /** Messages of this type so far. */
  totalMsgs: number;
}

export interface ImGroupReq {
  groupId: string;
}

export interface ImCreateGroupReq {
  groupId?: string;
  groupName?: string;
  groupMeta?: string;
}

export interface ImCreateGroupRsp {
  groupId: string;
  alreadyExist: boolean;
}

export interface ImModifyGroupReq extends ImGroupReq {
  groupMeta?: string;
  forceUpdateGroupMeta?: boolean;
  admins?: string[];
  forceUpdateAdmins?: boolean;
}

/** A place in a list, under its two spellings; opaque but that 0 and 1 are the beginning. */
export interface ImPageReq extends ImGroupReq {
  nextPageToken?: number;
  nextpagetoken?: number;
  sortType?: ImSortType;
  pageSize?: number;
}

export interface ImPageRsp {
  groupId: string;
  nextPageToken: number;
  nextpagetoken: number;
  hasMore: boolean;
}

export interface ImUserPage extends ImPageRsp {
  userList: ImUser[];
}

export interface ImRecentUsers {
  groupId: string;
  total: number;
  userList: ImUser[];
}

export interface ImMuteUsersReq extends ImGroupReq {
  userList: string[];
}

export interface ImSendGroupReq extends ImGroupReq {
  type: number;
  data: string;
  skipMuteCheck?: boolean;
  skipAudit?: boolean;
  level?: ImMessageLevel;
  noStorage?: boolean;
  repeatCount?: number;
}

export interface ImSendC2cReq {
  receiverId: string;
  type: number;
  data: string;
  skipAudit?: boolean;
  level?: ImMessageLevel;
}

export interface ImRecentReq extends ImGroupReq {
  seqnum?: number;
  pageSize?: number;
}

export interface ImRecentMessages {
  groupId: string;
  messageList: ImMessage[];
}

export interface ImListMessageReq extends ImPageReq {
  type: number;
  /** In seconds since 1970, inclusive. */
  beginTime?: number;
  endTime?: number;
}

export interface ImMessagePage extends ImPageRsp {
  messageList: ImMessage[];
}

export interface ImDeleteReq extends ImGroupReq {
  messageId: string;
}
