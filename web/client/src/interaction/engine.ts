/** The engine of the first generation. Its methods and messages are those of the cloud's web SDK 1.0. */

import { utf8, waysTo } from '../address.ts';
import { EventEmitter } from '../emitter.ts';
import { IMError, ImErrors, invalid } from '../errors.ts';
import { groupIdOf, Link, type LinkObserver } from '../link.ts';
import type { ImGroupInfo, ImMessage, ImMessagePage, ImUser, ImUserPage } from '../types.ts';
import { infoOf, parsed, Teller } from './told.ts';
import {
  type CancelMuteUserRequest,
  type GroupStatistics,
  type GroupUser,
  InteractionEventNames,
  type InteractionMessage,
  type JoinRequest,
  type LikeRequest,
  type MuteUserRequest,
  type OfGroup,
  type PageRequest,
  type SendRequest,
  type SendToUsersRequest,
  type Told,
} from './types.ts';

/** Local errors of that SDK: nobody is logged in. */
const NOT_AUTHED = 510;

/** How long a broken connection is tried again, in milliseconds. */
const PATIENCE = 99_000;

/** Pages as callers ask for them, and what the server's hold at most. */
const PAGE = { usual: 50, most: 200 };
const SERVER_PAGE = { users: 50, messages: 30 };

/** This tab's device: what `GetMessageToken` is asked with. */
const DEVICE = `${randomHex(16)}-${Date.now()}`;

type Events = { message: [message: InteractionMessage] };
type Listener = (message: InteractionMessage) => void;

/** Methods reject with what the server says, with 510 before `auth`, and with 425 in a group that was not joined. */
export class InteractionEngine {
  private readonly events = new EventEmitter<Events>();
  private current: Link | undefined;

  static create(): InteractionEngine {
    return new InteractionEngine();
  }

  static getDeviceId(): string {
    return DEVICE;
  }

  /** Logs in with the AccessToken that `GetMessageToken` gave; it also says where the server is. */
  async auth(accessToken: string): Promise<void> {
    const endpoint = endpointOf(accessToken);
    this.current?.close();
    const options = { ways: waysTo(endpoint), token: accessToken, patience: PATIENCE };
    const link = new Link(options, this.observe());
    this.current = link;
    await link.open();
  }

  async logout(): Promise<void> {
    this.current?.close();
    this.current = undefined;
  }

  on(name: `${InteractionEventNames}`, listener: Listener): void {
    this.events.on(name, listener);
  }

  remove(name: `${InteractionEventNames}`, listener?: Listener): void {
    this.events.off(name, listener);
  }

  removeAllEvents(): void {
    this.events.removeAllListeners();
  }

  /** Makes a group; its extension is what others read of it. */
  async createGroup(request: { extension?: Record<string, string> } = {}): Promise<OfGroup> {
    const groupMeta = request.extension && JSON.stringify(request.extension);
    const { groupId } = await this.link().call<OfGroup>('createGroup', { groupMeta });
    return { groupId };
  }

  async getGroup(request: OfGroup) {
    const { groupId, groupMeta, createTime, creator, muteStatus } = await this.query(request);
    const extension = parsed(groupMeta || '{}');
    return { groupId, extension, createTime, status: 1, creatorId: creator, isMuteAll: muteStatus.muteAll };
  }

  async closeGroup(request: OfGroup): Promise<void> {
    await this.link().call('closeGroup', { groupId: groupIdOf(request) });
  }

  async joinGroup(request: JoinRequest): Promise<void> {
    await this.link().join(groupIdOf(request));
  }

  async leaveGroup(request: Told): Promise<void> {
    this.link().leave(groupIdOf(request));
  }

  /** Who is in the group. */
  async listGroupUser(request: PageRequest): Promise<{ total: number; hasMore: boolean; userList: ImUser[] }> {
    const link = this.inside(request);
    const { statistics } = await this.query(request);
    const { found, hasMore } = await pageOf(request, async (place) => {
      const of = { groupId: request.groupId, sortType: request.sortType, pageSize: SERVER_PAGE.users };
      const page = await link.call<ImUserPage>('listGroupUser', { ...of, nextPageToken: place });
      return { rows: page.userList, next: page.hasMore ? page.nextPageToken : undefined };
    });
    return { total: statistics.onlineCount, hasMore, userList: found };
  }

  async getGroupStatistics(request: OfGroup): Promise<GroupStatistics> {
    const link = this.inside(request);
    const { groupId, createTime, muteStatus } = await this.query(request);
    const figures = await link.call<Omit<GroupStatistics, 'createTime'>>('getGroupStatistics', { groupId });
    return { ...figures, groupId, createTime, status: 1, isMuteAll: muteStatus.muteAll };
  }

  async getGroupUserByIdList(request: OfGroup & { userIdList: string[] }): Promise<{ userList: GroupUser[] }> {
    const { groupId, userIdList } = request;
    return this.inside(request).call('getGroupUserByIdList', { groupId, userIdList });
  }

  async sendMessageToGroup(request: SendRequest): Promise<{ messageId: string }> {
    const link = this.inside(request);
    const { groupId, type, data, skipMuteCheck, skipAudit, level } = request;
    return link.call('sendGroupMessage', { groupId, type, data: textOf(data), skipMuteCheck, skipAudit, level });
  }

  /** The same for some members alone. */
  async sendMessageToGroupUsers(request: SendToUsersRequest): Promise<{ messageId: string }> {
    const link = this.inside(request);
    const { groupId, type, data, receiverIdList, skipMuteCheck, skipAudit } = request;
    const message = { groupId, type, data: textOf(data), receiverIdList, skipMuteCheck, skipAudit };
    return link.call('sendMessageToGroupUsers', message);
  }

  /** What was said in the group, of one type. */
  async listMessage(request: PageRequest & { type: number }) {
    const link = this.inside(request);
    const { groupId, type, sortType } = request;
    const { found, hasMore } = await pageOf<ImMessage>(request, async (place) => {
      const of = { groupId, type, sortType, pageSize: SERVER_PAGE.messages, nextPageToken: place };
      const page = await link.call<ImMessagePage>('listHistoryMessage', of);
      return { rows: page.messageList, next: page.hasMore ? page.nextPageToken : undefined };
    });
    const messageList = found.map(({ messageId, type: kind, data, level, sender }) => {
      const userInfo = infoOf(sender);
      return { groupId, messageId, type: kind, senderId: userInfo.userId, data, level, userInfo, senderInfo: userInfo };
    });
    return { hasMore, messageList };
  }

  /** Likes the group; how many likes it has then, and after how many seconds to tell of more. */
  async sendLike(request: LikeRequest): Promise<{ likeCount: number; intervalSecond: number }> {
    const { groupId, count, broadCastType } = request;
    return this.inside(request).call('sendLike', { groupId, count, broadCastType });
  }

  async muteAll({ groupId, broadCastType }: Told): Promise<void> {
    await this.inside({ groupId }).call('muteAll', { groupId, broadCastType });
  }

  async cancelMuteAll({ groupId, broadCastType }: Told): Promise<void> {
    await this.inside({ groupId }).call('cancelMuteAll', { groupId, broadCastType });
  }

  async muteUser({ groupId, muteUserList, muteTime, broadCastType }: MuteUserRequest): Promise<void> {
    await this.inside({ groupId }).call('muteUser', { groupId, muteUserList, muteTime, broadCastType });
  }

  async cancelMuteUser({ groupId, cancelMuteUserList, broadCastType }: CancelMuteUserRequest): Promise<void> {
    await this.inside({ groupId }).call('cancelMuteUser', { groupId, cancelMuteUserList, broadCastType });
  }

  async listMuteUsers(request: OfGroup): Promise<{ muteUserModelList: OfUser[] }> {
    const { groupId } = request;
    const { muteUserList } = await this.inside(request).call<ImGroupInfo['muteStatus']>('listMuteUsers', { groupId });
    return { muteUserModelList: muteUserList.map((userId) => ({ userId })) };
  }

  private query(request: OfGroup): Promise<ImGroupInfo> {
    return this.link().call('queryGroup', { groupId: groupIdOf(request) });
  }

  private link(): Link {
    if (!this.current?.isOpen) throw new IMError(NOT_AUTHED, 'not authed');
    return this.current;
  }

  /** The connection, where the group was joined on it. */
  private inside(request: OfGroup): Link {
    const link = this.link();
    if (!link.isIn(groupIdOf(request))) throw new IMError(ImErrors.ERROR_GROUP_NOT_JOINED, 'group not joined');
    return link;
  }

  private observe(): LinkObserver {
    const teller = new Teller();
    const nothing = () => {};
    return {
      connected: nothing,
      lost: nothing,
      restored: nothing,
      ended: nothing,
      removed: nothing,
      // This generation knows no other way to a token than to log in again.
      renewed: () => Promise.reject(new IMError(NOT_AUTHED, 'the access token has ended')),
      published: (data) => {
        for (const message of teller.messagesOf(data as Parameters<Teller['messagesOf']>[0])) {
          this.events.emit(InteractionEventNames.Message, message);
        }
      },
    };
  }
}

/** Data as a text: programs of this generation also give objects. */
function textOf(data: unknown): string {
  return typeof data === 'string' ? data : JSON.stringify(data);
}

interface OfUser {
  userId: string;
}

/** One page of a list which the server walks by places: those before it are passed by. */
async function pageOf<Row>(
  { pageNum = 1, pageSize = PAGE.usual }: { pageNum?: number; pageSize?: number },
  read: (place: number) => Promise<{ rows: Row[]; next: number | undefined }>,
): Promise<{ found: Row[]; hasMore: boolean }> {
  if (!(pageNum >= 1)) throw invalid('pageNum must be 1 or more');
  if (!(pageSize >= 1 && pageSize <= PAGE.most)) throw invalid(`pageSize must be 1 to ${PAGE.most}`);
  let skipped = (pageNum - 1) * pageSize;
  const found: Row[] = [];
  let place: number | undefined = 0;
  while (place !== undefined) {
    const { rows, next }: { rows: Row[]; next: number | undefined } = await read(place);
    found.push(...rows.slice(skipped));
    skipped = Math.max(0, skipped - rows.length);
    if (found.length > pageSize) break;
    place = next;
    if (found.length === pageSize) return { found, hasMore: place !== undefined };
  }
  return { found: found.slice(0, pageSize), hasMore: found.length > pageSize };
}

/** The WebSocket that an AccessToken names: it is the base64 of a JSON object. */
function endpointOf(accessToken: string): string {
  try {
    const standard = accessToken.replace(/-/g, '+').replace(/_/g, '/');
    const { endpoints, token } = JSON.parse(utf8(atob(standard)));
    if (typeof endpoints[0] === 'string' && token) return endpoints[0];
  } catch {
    // Said below.
  }
  throw invalid('accessToken is none that GetMessageToken gives');
}

function randomHex(bytes: number): string {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(drawn, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
