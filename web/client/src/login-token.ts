/** What is shown on connecting: base64url, without padding, of the login's fields as JSON. */

import { invalid } from './errors.ts';
import type { ImAppLogin, ImLoginReq, ImUserAuth } from './types.ts';

export interface LoginFields {
  appId: string;
  userId: string;
  userExtension?: string | undefined;
  deviceId?: string | undefined;
  auth: ImUserAuth;
}

/** The fields of a login to an application, if it has what it needs. */
export function loginFields(
  appId: string,
  deviceId: string | undefined,
  request: ImLoginReq | ImAppLogin,
): LoginFields {
  const given = request ?? {};
  const { user, userAuth } = 'appToken' in given ? passedOn(given) : (given as ImLoginReq);
  if (!user?.userId) throw invalid('user.userId must not be empty');
  if (!userAuth?.token) throw invalid('userAuth.token must not be empty');
  return { appId, userId: user.userId, userExtension: user.userExtension, deviceId, auth: userAuth };
}

function passedOn({ userId, userExtension = '', role, auth, appToken }: ImAppLogin): ImLoginReq {
  const { nonce, timestamp } = auth ?? {};
  return {
    user: { userId, userExtension },
    userAuth: { nonce, timestamp, role: role ?? auth?.role ?? '', token: appToken },
  };
}

/** The connection's token. A role that is not said is hashed as an empty text, and shown as one. */
export function loginToken(login: LoginFields): string {
  const { nonce, timestamp, role, token } = login.auth;
  const fields = {
    appId: login.appId,
    userId: login.userId,
    nonce: nonce ?? '',
    timestamp,
    role: role ?? '',
    token,
    userExtension: login.userExtension || undefined,
    deviceId: login.deviceId || undefined,
  };
  const bytes = new TextEncoder().encode(JSON.stringify(fields));
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
