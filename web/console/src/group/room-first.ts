import { call, type Made } from '@muster/ui';
import type { Message, Room } from './room.ts';

const PAGE = 50;

/** A group of the first generation. Its creator is in whose name the operator acts. */
export function firstRoom(AppId: string, GroupId: string): Room {
  const at = { AppId, GroupId };
  const made = (called: Promise<{ made: Made }>) => called.then(({ made }) => made);
  let creator = '';
  return {
    page: PAGE,
    pagesByNumber: true,

    async facts(signal) {
      const [{ body, made }, statistics, muted] = await Promise.all([
        call('live', 'GetMessageGroup', at, { signal }),
        call('live', 'GetGroupStatistics', at, { signal }),
        call('live', 'ListMuteGroupUser', { ...at, PageNum: 1, PageSize: PAGE }, { signal }),
      ]);
      const group = body.Result;
      creator = group.CreatorId;
      const { LikeCount, OnlineCount, PV, UV } = statistics.body.Result;
      return {
        name: '',
        info: Object.keys(group.Extension).length > 0 ? JSON.stringify(group.Extension) : '',
        creator: group.CreatorId,
        admins: [],
        created: group.CreateTime * 1000,
        deleted: false,
        isSuper: false,
        online: OnlineCount,
        joins: PV,
        visitors: UV,
        likes: LikeCount,
        counts: {},
        mutedAll: group.IsMuteAll,
        muted: muted.body.Result.UserList.map(({ UserId }) => UserId),
        spared: [],
        made,
      };
    },

    async people(order, from, signal) {
      const page = from ?? 1;
      const request = {
        ...at,
        SortType: order === 'first' ? (0 as const) : (1 as const),
        PageNum: page,
        PageSize: PAGE,
      };
      const { body } = await call('live', 'ListMessageGroupUser', request, { signal });
      const { UserList, HasMore, Total } = body.Result;
      const rows = UserList.map(({ UserId, JoinTime }) => ({ id: UserId, joined: JoinTime, info: '' }));
      return { rows, next: HasMore ? page + 1 : undefined, total: Total };
    },

    async isHere(user, signal) {
      const { body } = await call('live', 'ListMessageGroupUserById', { ...at, UserIdList: [user] }, { signal });
      return body.Result.Total > 0;
    },

    async messages({ type }, from, signal) {
      const page = from ?? 1;
      const request = {
        ...at,
        SortType: 1 as const,
        PageNum: page,
        PageSize: PAGE,
        ...(type === undefined ? {} : { Type: type }),
      };
      const { body } = await call('live', 'ListMessage', request, { signal });
      const rows = body.Result.MessageList.map(
        (message): Message => ({
          id: message.MessageId,
          type: message.Type,
          body: message.Data,
          sender: message.SenderId,
          at: undefined,
        }),
      );
      return { rows, older: body.Result.HasMore ? page + 1 : undefined };
    },

    send: (OperatorUserId, Data, Type) =>
      made(call('live', 'SendMessageToGroup', { ...at, OperatorUserId, Data, Type })),
    mute: (user) => made(call('live', 'MuteGroupUser', { ...at, MuteUserList: [user] })),
    unmute: (user) => made(call('live', 'CancelMuteGroupUser', { ...at, CancelMuteUserList: [user] })),
    muteAll: (on) =>
      made(
        on
          ? call('live', 'MuteAllGroupUser', { ...at, OperatorUserId: creator })
          : call('live', 'CancelMuteAllGroupUser', { ...at, OperatorUserId: creator }),
      ),
    kick: (UserId) => made(call('live', 'LeaveMessageGroup', { ...at, UserId })),
    remove: () => made(call('live', 'CloseMessageGroup', at)),
  };
}
