import { type CallError, type Called, call, type Made, type ResponseOf } from '@muster/ui';

/** An application of either generation, as the list has it. */
export interface AppRow {
  id: string;
  name: string;
  generation: 1 | 2;
  /** When it was made, in milliseconds. */
  created: number;
  disabled: boolean;
}

/** All applications, the newest first. */
export interface Apps {
  rows: AppRow[];
  made: Made;
}

const PAGE = 50;

/** Both generations' applications. A user who may list only one of them sees that one. */
export async function loadApps(signal: AbortSignal): Promise<Apps> {
  const [second, first] = await Promise.allSettled([secondGeneration(signal), firstGeneration(signal)]);
  const there = [second, first].filter((one) => one.status === 'fulfilled').map((one) => one.value);
  const [any] = there;
  if (!any) throw (second as PromiseRejectedResult).reason as CallError;
  const rows = there.flatMap(({ rows }) => rows);
  return { rows: rows.sort((one, other) => other.created - one.created), made: any.made };
}

async function secondGeneration(signal: AbortSignal): Promise<Apps> {
  const rows: AppRow[] = [];
  let token: number | undefined;
  for (;;) {
    const request = { SortType: 2 as const, ...(token === undefined ? {} : { NextPageToken: token }) };
    const { body, made } = await call('live', 'ListLiveMessageApps', request, { signal });
    rows.push(
      ...body.AppList.map((app) => ({
        id: app.AppId,
        name: app.AppName,
        generation: 2 as const,
        created: app.CreateTime * 1000,
        disabled: String(app.Disable) === 'true',
      })),
    );
    if (!body.HasMore || body.NextPageToken === undefined) return { rows, made };
    token = body.NextPageToken;
  }
}

async function firstGeneration(signal: AbortSignal): Promise<Apps> {
  const rows: AppRow[] = [];
  for (let page = 1; ; page += 1) {
    const { body, made }: Called<Page> = await call(
      'live',
      'ListMessageApp',
      { PageNum: page, PageSize: PAGE },
      { signal },
    );
    rows.push(
      ...body.Result.AppList.map((app) => ({
        id: app.AppId,
        name: app.AppName,
        generation: 1 as const,
        created: app.CreateTime * 1000,
        disabled: false,
      })),
    );
    if (!body.Result.HasMore) return { rows, made };
  }
}

type Page = ResponseOf<'live', 'ListMessageApp'>;
