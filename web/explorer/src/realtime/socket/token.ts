// Login tokens of a user, made in the session of the console as the application's own server makes them.

import { call } from '@muster/ui';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** An application that somebody may log in to. */
export interface App {
  generation: 1 | 2;
  id: string;
  name: string;
}

/** Who logs in. */
export interface Login {
  app: App;
  userId: string;
  /** Whether the user runs every group; in generation 2 alone. */
  admin: boolean;
}

/** How long a token is good for, in seconds: the client shows another one then, as long as the page is open. */
const LIFETIME = 3_600;
const PAGE = 50;

/** The account's applications of both generations, the newest first. What the session may not list is left out. */
export async function listApps(signal: AbortSignal): Promise<App[]> {
  const first = { PageNum: 1, PageSize: PAGE, SortType: 1 } as const;
  const [second, older] = await Promise.all([
    call('live', 'ListLiveMessageApps', { SortType: 2 }, { signal }).then(
      ({ body }) => body.AppList,
      () => [],
    ),
    call('live', 'ListMessageApp', first, { signal }).then(
      ({ body }) => body.Result.AppList,
      () => [],
    ),
  ]);
  return [
    ...second.map(({ AppId, AppName }): App => ({ generation: 2, id: AppId, name: AppName })),
    ...older.map(({ AppId, AppName }): App => ({ generation: 1, id: AppId, name: AppName })),
  ];
}

/** A login token. In generation 1 the server makes it; in generation 2 it is a hash over the application's key. */
export async function makeToken({ app, userId, admin }: Login): Promise<string> {
  if (app.generation === 1) {
    const device = { AppId: app.id, UserId: userId, DeviceId: 'explorer', DeviceType: 'web' } as const;
    return (await call('live', 'GetMessageToken', device)).body.Result.AccessToken;
  }
  const { body } = await call('live', 'DescribeLiveMessageApp', { AppId: app.id });
  const drawn = bytesToHex(crypto.getRandomValues(new Uint8Array(16)));
  return signedToken(app.id, body.AppKey, userId, admin ? 'admin' : '', {
    nonce: `AK-${drawn}`,
    timestamp: Math.floor(Date.now() / 1_000) + LIFETIME,
  });
}

/** The token of generation 2, as `docs/realtime.md` says it. */
export function signedToken(
  appId: string,
  appKey: string,
  userId: string,
  role: string,
  { nonce, timestamp }: { nonce: string; timestamp: number },
): string {
  const token = bytesToHex(sha256(utf8ToBytes(`${appId}${appKey}${userId}${nonce}${timestamp}${role}`)));
  const text = utf8ToBytes(JSON.stringify({ appId, userId, nonce, timestamp, role, token }));
  const binary = Array.from(text, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
