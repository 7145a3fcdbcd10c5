/** Messages: `engine.getMessageManager()`. */

import { EventEmitter } from './emitter.ts';
import { invalid } from './errors.ts';
import { groupIdOf, type Link } from './link.ts';
import { pageOf, withToken } from './pages.ts';
import type {
  ImDeleteReq,
  ImListMessageReq,
  ImMessage,
  ImMessagePage,
  ImRecentMessages,
  ImRecentReq,
  ImSendC2cReq,
  ImSendGroupReq,
} from './types.ts';

/** What is told of messages. */
export type ImMessageListener = {
  recvc2cmessage: [message: ImMessage];
  recvgroupmessage: [message: ImMessage, groupId: string];
  deletegroupmessage: [messageId: string, groupId: string];
};

export class AliVCIMMessageManager extends EventEmitter<ImMessageListener> {
  /** `link` gives the connection of who is logged in, and throws where nobody is. */
  constructor(private readonly link: () => Link) {
    super();
  }

  /** Says something to a group; the sender hears it too. Gives the message's id. */
  async sendGroupMessage(request: ImSendGroupReq): Promise<string> {
    const { type, data, skipMuteCheck, skipAudit, level, noStorage, repeatCount } = said(request);
    const groupId = groupIdOf(request);
    const message = { groupId, type, data, skipMuteCheck, skipAudit, level, noStorage, repeatCount };
    return (await this.link().call<{ messageId: string }>('sendGroupMessage', message)).messageId;
  }

  /** Says something to one user, who must be logged in. Gives the message's id. */
  async sendC2cMessage(request: ImSendC2cReq): Promise<string> {
    const { receiverId, type, data, skipAudit, level } = said(request);
    const message = { receiverId, type, data, skipAudit, level };
    return (await this.link().call<{ messageId: string }>('sendC2cMessage', message)).messageId;
  }

  /** What was said last, the oldest first; for members. */
  async listRecentMessage(request: string | ImRecentReq): Promise<ImRecentMessages> {
    const groupId = groupIdOf(request);
    const { seqnum, pageSize } = typeof request === 'string' ? ({} as ImRecentReq) : request;
    return this.link().call('listRecentMessage', { groupId, seqnum, pageSize });
  }

  /** The stored messages of a type, page by page; for who runs the group. */
  async listMessage(request: ImListMessageReq): Promise<ImMessagePage> {
    return this.list('listMessage', request);
  }

  /** The same for everybody, as after a broadcast. */
  async listHistoryMessage(request: ImListMessageReq): Promise<ImMessagePage> {
    return this.list('listHistoryMessage', request);
  }

  /** Takes a message back. */
  async deleteMessage(request: ImDeleteReq): Promise<void> {
    await this.link().call('deleteMessage', { groupId: groupIdOf(request), messageId: request.messageId });
  }

  private async list(method: string, request: ImListMessageReq): Promise<ImMessagePage> {
    const groupId = groupIdOf(request);
    const { type, sortType, pageSize, beginTime, endTime } = request;
    const page = { groupId, type, sortType, pageSize, beginTime, endTime };
    return withToken(await this.link().call<ImMessagePage>(method, { ...page, nextPageToken: pageOf(request) }));
  }
}

/** What is to be said, if it is of the right kind: the server would say the same less clearly. */
function said<Request extends { type: number; data: string }>(request: Request): Request {
  if (!Number.isSafeInteger(request?.type)) throw invalid('type must be a whole number');
  if (typeof request.data !== 'string') throw invalid('data must be a text');
  return request;
}
