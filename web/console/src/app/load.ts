import { CallError, call, type Made } from '@muster/ui';

/** An application of either generation. */
export interface App {
  id: string;
  name: string;
  generation: 1 | 2;
  disabled: boolean;
  /** What clients are initialised with; the first generation has none. */
  sign: string | undefined;
  made: Made;
}

/** An application; of the second generation, or else of the first. */
export async function loadApp(id: string, signal: AbortSignal): Promise<App> {
  try {
    const { body, made } = await call('live', 'DescribeLiveMessageApp', { AppId: id }, { signal });
    return { id, name: body.AppName, generation: 2, disabled: body.Disable, sign: body.AppSign, made };
  } catch (error) {
    // Whoever may see one generation alone is refused the other.
    if (!(error instanceof CallError) || !['ResourceNotExist', 'NoAuth'].includes(error.code)) throw error;
    const { body, made } = await call('live', 'GetMessageApp', { AppId: id }, { signal }).catch(() => {
      throw error;
    });
    return { id, name: body.Result.AppName, generation: 1, disabled: false, sign: undefined, made };
  }
}

/** Which groups are listed. */
export type Status = 'all' | 'open' | 'deleted';

export interface GroupRow {
  id: string;
  name: string;
  creator: string;
  /** In milliseconds. */
  created: number;
  deleted: boolean;
}

/** A page of groups, the newest first. */
export interface Groups {
  rows: GroupRow[];
  total: number;
  made: Made;
}

export const GROUPS_A_PAGE = 25;

const STATUS = { all: 0, open: 1, deleted: 2 } as const;

/** A page of an application's groups. */
export async function loadGroups(app: App, page: number, status: Status, signal: AbortSignal): Promise<Groups> {
  if (app.generation === 1) {
    const request = { AppId: app.id, SortType: 1 as const, PageNum: page, PageSize: GROUPS_A_PAGE };
    const { body, made } = await call('live', 'ListMessageGroup', request, { signal });
    const rows = body.Result.GroupList.map((group) => ({
      id: group.GroupId,
      name: '',
      creator: group.CreatorId,
      created: group.CreateTime * 1000,
      deleted: false,
    }));
    return { rows, total: body.Result.Total, made };
  }
  const request = {
    AppId: app.id,
    SortType: 2 as const,
    PageNumber: page,
    PageSize: GROUPS_A_PAGE,
    GroupStatus: STATUS[status],
  };
  const { body, made } = await call('live', 'ListLiveMessageGroupByPage', request, { signal });
  const rows = body.GroupList.map((group) => ({
    id: group.GroupId,
    name: group.GroupName,
    creator: group.CreatorId,
    created: group.Createtime * 1000,
    deleted: group.Delete,
  }));
  return { rows, total: body.TotalCount, made };
}

/** Makes a group; its id. The first generation gives its groups ids itself. */
export async function makeGroup(
  app: App,
  group: { id: string; name: string; creator: string },
): Promise<{ id: string; made: Made }> {
  if (app.generation === 1) {
    const { body, made } = await call('live', 'CreateMessageGroup', { AppId: app.id, CreatorId: group.creator });
    return { id: body.Result.GroupId, made };
  }
  const { body, made } = await call('live', 'CreateLiveMessageGroup', {
    AppId: app.id,
    GroupId: group.id,
    ...(group.name ? { GroupName: group.name } : {}),
    ...(group.creator ? { CreatorId: group.creator } : {}),
  });
  return { id: body.GroupId, made };
}
