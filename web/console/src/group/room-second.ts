import { call, type Made, type RequestOf } from '@muster/ui';
import type { Message, Room } from './room.ts';

const PAGE = 50;

/** A group of the second generation. */
export function secondRoom(AppId: string, GroupId: string): Room {
  const at = { AppId, GroupId };
  const made = (called: Promise<{ made: Made }>) => called.then(({ made }) => made);
  return {
    page: PAGE,
    pagesByNumber: false,

    async facts(signal) {
      const [{ body, made }, bans] = await Promise.all([
        call('live', 'DescribeLiveMessageGroup', at, { signal }),
        // A deleted group has none.
        call('live', 'DescribeLiveMessageGroupBand', at, { signal }).catch(() => undefined),
      ]);
      return {
        name: body.GroupName,
        info: body.GroupInfo,
        creator: body.CreatorId,
        admins: body.AdminList,
        created: body.Createtime * 1000,
        deleted: body.Delete,
        isSuper: body.SuperLargeGroup,
        online: body.OnlineUserCounts,
        joins: body.TotalTimes,
        visitors: undefined,
        likes: undefined,
        counts: body.MsgAmount ?? {},
        mutedAll: bans?.body.IsbannedAll ?? false,
        muted: bans?.body.BannedUserList ?? [],
        spared: bans?.body.UnbannedUserList ?? [],
        made,
      };
    },

    async people(order, from, signal) {
      const request: RequestOf<'live', 'ListLiveMessageGroupUsers'> = {
        ...at,
        PageSize: PAGE,
        SortType: order === 'first' ? 1 : 2,
        ...(from === undefined ? {} : { NextPageToken: from }),
      };
      const { body } = await call('live', 'ListLiveMessageGroupUsers', request, { signal });
      const rows = body.UserList.map(({ UserId, UserInfo }) => ({ id: UserId, info: UserInfo, joined: undefined }));
      return { rows, next: body.Hasmore ? body.NextPageToken : undefined, total: undefined };
    },

    async isHere(user, signal) {
      const { body } = await call('live', 'CheckLiveMessageUsersInGroup', { ...at, UserIds: [user] }, { signal });
      return body.Users.some(({ Online }) => Online);
    },

    async messages({ type, until }, from, signal) {
      const request: RequestOf<'live', 'ListLiveMessageGroupMessages'> = {
        ...at,
        PageSize: PAGE,
        SortType: 2,
        ...(type === undefined ? {} : { MsgType: type }),
        ...(until === undefined ? {} : { EndTime: Math.floor(until / 1000) }),
        ...(from === undefined ? {} : { NextPageToken: from }),
      };
      const { body } = await call('live', 'ListLiveMessageGroupMessages', request, { signal });
      const rows = body.MessageList.map(
        (message): Message => ({
          id: message.MsgTid,
          type: message.MsgType,
          body: message.Body,
          sender: message.Sender.UserId,
          at: message.Timestamp * 1000,
        }),
      );
      return { rows, older: body.Hasmore ? body.NextPageToken : undefined };
    },

    send: (SenderId, Body, MsgType) => made(call('live', 'SendLiveMessageGroup', { ...at, SenderId, Body, MsgType })),
    mute: (user) => made(call('live', 'AddLiveMessageGroupBand', { ...at, BannedUsers: [user] })),
    unmute: (user) => made(call('live', 'RemoveLiveMessageGroupBand', { ...at, UnbannedUsers: [user] })),
    muteAll: (on) => made(on ? call('live', 'BanLiveMessageGroup', at) : call('live', 'UnbanLiveMessageGroup', at)),
    kick: (KickoffUser) => made(call('live', 'KickLiveMessageGroupUser', { ...at, KickoffUser })),
    erase: (MessageId) => made(call('live', 'DeleteLiveMessageGroupMessage', { ...at, MessageId })),
    remove: () => made(call('live', 'DeleteLiveMessageGroup', at)),
    recover: () => made(call('live', 'RecoverLiveMessageDeletedGroup', at)),
  };
}
