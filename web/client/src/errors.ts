/** What calls reject with: the numbers and names of the cloud's client SDK, misspellings included. */

export enum ImErrors {
  /** Logged in already. */
  ERROR_HAS_LOGIN = 304,
  /** A parameter is wrong; the text says which. */
  ERROR_INVALID_PARAM = 400,
  /** A right is missing, or the login is not good. */
  ERROR_NO_PERMISSION = 403,
  /** The connection was lost before the answer came. */
  ERROR_NO_SESSION = 404,
  /** Too much at once: later. */
  ERROR_INTERNAL_BUSY = 412,
  /** One is not in the group. */
  ERROR_GROUP_NOT_JOINED = 425,
  ERROR_GROUP_NOT_EXIST = 440,
  ERROR_GROUP_DELETED = 441,
  /** One may not talk in the group. */
  ERROR_SEDN_GROUP_MSG_FAIL = 442,
  /** Too many groups, or a list that is too long. */
  ERROR_REACH_MAX = 443,
  ERROR_JOIN_GROUP_FAIL = 450,
  /** The server could not do its work now. */
  ERROR_INTERNALE_RROR = 500,
  /** Not in this state of the engine: before `init`. */
  ERROR_INVALID_STATE = 601,
  /** Not logged in. */
  ERROR_NOT_LOGIN = 602,
  ERROR_RECEIVE_LAST_SESSION = 603,
  ERROR_PARSE_DATA_ERROR = 604,
}

/** What `init` rejects with. */
export enum InitErrors {
  REPEATED = 1001,
  BAD_CONFIG = -2,
}

/** A call that was refused or could not be carried out. */
export class IMError extends Error {
  readonly code: number;
  /** The same as `message`, under the name that the documentation reads. */
  readonly msg: string;

  constructor(code: number, msg: string) {
    super(msg);
    this.name = 'IMError';
    this.code = code;
    this.msg = msg;
  }
}

/** Errors of the protocol below the numbers of the client SDK, in those numbers. */
const OF_PROTOCOL: Record<number, ImErrors> = {
  100: ImErrors.ERROR_INTERNALE_RROR,
  103: ImErrors.ERROR_NO_PERMISSION,
  106: ImErrors.ERROR_REACH_MAX,
  109: ImErrors.ERROR_NO_PERMISSION,
  112: ImErrors.ERROR_INTERNALE_RROR,
};

/** The first number that a server gives; smaller ones are the connection's own. */
const FIRST_OF_SERVER = 100;
const FIRST_OF_SDK = 400;
/** What the connection says of a call after it was closed for good. */
const CLIENT_DISCONNECTED = 3;

/** What the connection or the server said, as what the application is told. */
export function errorOf(cause: unknown): IMError {
  if (cause instanceof IMError) return cause;
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code !== 'number') return new IMError(ImErrors.ERROR_INTERNALE_RROR, String(cause));
  const text = typeof message === 'string' && message !== '' ? message : `error ${code}`;
  if (code === CLIENT_DISCONNECTED) return notLoggedIn();
  if (code < FIRST_OF_SERVER) return new IMError(ImErrors.ERROR_NO_SESSION, `no connection to the server: ${text}`);
  if (code === 109) return authFail();
  if (code < FIRST_OF_SDK) return new IMError(OF_PROTOCOL[code] ?? ImErrors.ERROR_INVALID_PARAM, text);
  return new IMError(code, text);
}

/** What is said of a call that needs a login. */
export function notLoggedIn(): IMError {
  return new IMError(ImErrors.ERROR_NOT_LOGIN, 'not login');
}

/** What is said of a login whose token is not good, or has ended: pages compare the text. */
export function authFail(): IMError {
  return new IMError(ImErrors.ERROR_NO_PERMISSION, 'auth fail');
}

/** What is said of a parameter. */
export function invalid(what: string): IMError {
  return new IMError(ImErrors.ERROR_INVALID_PARAM, what);
}
