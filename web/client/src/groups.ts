/** Groups: `engine.getGroupManager()`. */

import { EventEmitter } from './emitter.ts';
import { groupIdOf, type Link } from './link.ts';
import { pageOf, withToken } from './pages.ts';
import type {
  ImCreateGroupReq,
  ImCreateGroupRsp,
  ImGroupInfo,
  ImGroupInfoStatus,
  ImGroupMuteStatus,
  ImGroupReq,
  ImMemberData,
  ImModifyGroupReq,
  ImMuteUsersReq,
  ImPageReq,
  ImRecentUsers,
  ImUser,
  ImUserPage,
} from './types.ts';

/** What is told of groups. */
export type ImGroupListener = {
  memberchange: [groupId: string, memberCount: number, joinUsers: ImUser[], leaveUsers: ImUser[]];
  /** The same, as later versions tell it. */
  memberdatachange: [change: ImMemberData];
  /** 1: the group was dissolved; 2: one was taken out. */
  exit: [groupId: string, reason: number];
  /** All that holds after the change. */
  mutechange: [groupId: string, status: ImGroupMuteStatus];
  infochange: [groupId: string, info: ImGroupInfoStatus];
};

/** The group's id, or an object that holds it. */
type Group = string | ImGroupReq;

export class AliVCIMGroupManager extends EventEmitter<ImGroupListener> {
  /** `link` gives the connection of who is logged in, and throws where nobody is. */
  constructor(private readonly link: () => Link) {
    super();
  }

  /** Makes a group; for logins of the role `admin`. */
  async createGroup(request: ImCreateGroupReq): Promise<ImCreateGroupRsp> {
    const { groupId, groupName, groupMeta } = request ?? {};
    return this.link().call('createGroup', { groupId, groupName, groupMeta });
  }

  /** Dissolves a group. */
  async closeGroup(group: Group): Promise<void> {
    await this.link().call('closeGroup', { groupId: groupIdOf(group) });
  }

  /** Joins a group. Who is in it already is told how it stands. */
  async joinGroup(group: Group): Promise<ImGroupInfo> {
    return this.link().join(groupIdOf(group));
  }

  /** Leaves a group. */
  async leaveGroup(group: Group): Promise<void> {
    this.link().leave(groupIdOf(group));
  }

  /** How a group stands; one need not be in it. */
  async queryGroup(group: Group): Promise<ImGroupInfo> {
    return this.link().call('queryGroup', { groupId: groupIdOf(group) });
  }

  /** Changes what a group says of itself and who else runs it. What is empty stays as it is, unless it is forced. */
  async modifyGroup(request: ImModifyGroupReq): Promise<void> {
    const groupId = groupIdOf(request);
    const { groupMeta, forceUpdateGroupMeta, admins, forceUpdateAdmins } = request;
    await this.link().call('modifyGroup', { groupId, groupMeta, forceUpdateGroupMeta, admins, forceUpdateAdmins });
  }

  /** Who came last, the latest first. */
  async listRecentGroupUser(group: Group): Promise<ImRecentUsers> {
    return this.link().call('listRecentGroupUser', { groupId: groupIdOf(group) });
  }

  /** Who is in a group, page by page. */
  async listGroupUser(request: string | ImPageReq): Promise<ImUserPage> {
    const groupId = groupIdOf(request);
    const { sortType, pageSize } = typeof request === 'string' ? ({} as ImPageReq) : request;
    const page = { groupId, sortType, pageSize, nextPageToken: pageOf(request) };
    return withToken(await this.link().call<ImUserPage>('listGroupUser', page));
  }

  /** Nobody may talk but those who run the group. */
  async muteAll(group: Group): Promise<void> {
    await this.link().call('muteAll', { groupId: groupIdOf(group) });
  }

  async cancelMuteAll(group: Group): Promise<void> {
    await this.link().call('cancelMuteAll', { groupId: groupIdOf(group) });
  }

  /** These users may not talk. */
  async muteUser(request: ImMuteUsersReq): Promise<void> {
    await this.link().call('muteUser', { groupId: groupIdOf(request), userList: request.userList });
  }

  /** These users may talk again. */
  async cancelMuteUser(request: ImMuteUsersReq): Promise<void> {
    await this.link().call('cancelMuteUser', { groupId: groupIdOf(request), userList: request.userList });
  }

  async listMuteUsers(group: Group): Promise<ImGroupMuteStatus> {
    return this.link().call('listMuteUsers', { groupId: groupIdOf(group) });
  }

  /** Of the cloud's own wiring; there is nothing to do here. */
  addGroupListener(): void {}

  /** Of the cloud's own wiring; there is nothing to do here. */
  removeGroupListener(): void {}
}
