/**
 * Places in lists. Programs begin a list with the token 0, with 1 (the first page, as older versions counted), with -1, or
 * with none. So what is handed out is one more than the server's place, and 1 or less is the beginning.
 */

import type { ImPageReq, ImPageRsp } from './types.ts';

/** The server's place that a request asks for, under either spelling of the token. */
export function pageOf(request: string | ImPageReq): number {
  if (typeof request === 'string') return 0;
  const token = request.nextPageToken ?? request.nextpagetoken ?? 0;
  return Math.max(0, Number(token) - 1) || 0;
}

/** A page with the token of the next one, 0 on the last. */
export function withToken<Page extends ImPageRsp>(page: Page): Page {
  const token = page.hasMore ? page.nextPageToken + 1 : 0;
  return { ...page, nextPageToken: token, nextpagetoken: token };
}
