// The session, and calls of operations in it.
import { signal } from '@preact/signals';
import type { Cams } from './api/cams.ts';
import type { Live } from './api/live.ts';
import type { Sts } from './api/sts.ts';

/** Every operation, by product. */
export interface Api {
  live: Live;
  cams: Cams;
  sts: Sts;
}

/** Every operation of a product. */
export type Operations<P extends keyof Api> = keyof Api[P] & string;

/** What an operation takes. */
export type RequestOf<P extends keyof Api, A extends keyof Api[P]> = Api[P][A] extends { request: infer T } ? T : never;

/** What it gives. */
export type ResponseOf<P extends keyof Api, A extends keyof Api[P]> = Api[P][A] extends { response: infer T }
  ? T
  : never;

/** Who is signed in. */
export interface Session {
  accountId: string;
  /** `null` for the account itself. */
  userName: string | null;
  accessKeyId: string;
  /** What every further request carries. */
  csrf: string;
  /** When the session ends, in milliseconds since 1970 UTC. */
  expires: number;
}

/** The session: `undefined` until it is known, `null` when there is none. */
export const session = signal<Session | null | undefined>(undefined);

/** Something was not done: by the server, with its code and the id of the request, or because it was not reached. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** The status; 0 when there was no answer. */
  readonly status: number;
  /** The server's code, such as `NoAuth`; `Unreachable` when there was no answer. */
  readonly code: string;
  readonly requestId: string | undefined;
  /** The call, if it was one. */
  readonly made: Made | undefined;

  constructor(status: number, code: string, message: string, requestId?: string, made?: Made) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.made = made;
  }
}

/** A call that was made. */
export interface Made {
  product: keyof Api;
  action: string;
  parameters: Record<string, unknown>;
  status: number;
  /** `OK`, or the server's code. */
  code: string;
  requestId: string | undefined;
  /** Milliseconds until the answer was here. */
  millis: number;
  /** Milliseconds that the server worked on it, if it says so. */
  serverMillis: number | undefined;
}

/** A call's answer as it came. */
export interface Answer {
  status: number;
  headers: [name: string, value: string][];
  text: string;
  made: Made;
}

const API = '/console/api/';

/** Asks the console's own part of the server: `path` below `/console/api/`. Refusals are thrown. */
export async function ask<T>(
  path: string,
  init: { method?: string; body?: unknown; signal?: AbortSignal } = {},
): Promise<T> {
  const response = await send(path, init);
  const text = await response.text();
  if (!response.ok) throw refused(response, text);
  return parsed(text) as T;
}

async function send(
  path: string,
  { method = 'GET', body, signal }: { method?: string; body?: unknown; signal?: AbortSignal },
) {
  const headers: Record<string, string> = {};
  if (session.value) headers['x-muster-csrf'] = session.value.csrf;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  try {
    return await fetch(API + path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new CallError(0, 'Unreachable', 'The server was not reached.');
  }
}

function refused(response: Response, text: string): CallError {
  const told = parsed(text) as { code?: string; message?: string; requestId?: string } | undefined;
  if (response.status === 401 && told?.code === 'NoSession') session.value = null;
  const status = response.status;
  return new CallError(
    status,
    told?.code ?? `Http${status}`,
    told?.message ?? (text.trim() || String(status)),
    told?.requestId,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Takes up the session that this browser has, if it has one. */
export async function restoreSession(): Promise<void> {
  try {
    session.value = await ask<Session>('session');
  } catch (error) {
    if (!(error instanceof CallError) || error.status !== 401) throw error;
    session.value = null;
  }
}

/** Signs in with an access key. */
export async function signIn(accessKeyId: string, accessKeySecret: string): Promise<void> {
  session.value = await ask<Session>('session', { method: 'POST', body: { accessKeyId, accessKeySecret } });
}

/** Ends the session. */
export async function signOut(): Promise<void> {
  await ask('session', { method: 'DELETE' });
  session.value = null;
}

/** How a call is made. */
export interface CallOptions {
  signal?: AbortSignal;
  form?: 'JSON' | 'XML';
  version?: string;
}

/** Makes a call, and gives its answer as it came, whatever it says. Only what keeps it from being made is thrown. */
export async function exchange(
  product: keyof Api,
  action: string,
  parameters: Record<string, unknown>,
  options: CallOptions = {},
): Promise<Answer> {
  const began = performance.now();
  const { signal, ...form } = options;
  const body = { product, action, parameters, ...form };
  const response = await send('call', signal ? { method: 'POST', body, signal } : { method: 'POST', body });
  const text = await response.text();
  const requestId = response.headers.get('x-acs-request-id') ?? undefined;
  // Without it the gateway was never asked.
  if (!requestId) throw refused(response, text);
  const timing = /call;dur=([\d.]+)/.exec(response.headers.get('server-timing') ?? '')?.[1];
  const made: Made = {
    product,
    action,
    parameters,
    status: response.status,
    code: codeOf(text, form.form) ?? (response.ok ? 'OK' : `Http${response.status}`),
    requestId,
    millis: performance.now() - began,
    serverMillis: timing === undefined ? undefined : Number(timing),
  };
  return { status: response.status, headers: [...response.headers], text, made };
}

/** The code in an answer, where it has one: answers to what was done have none, but those of `cams`. */
function codeOf(text: string, form: 'JSON' | 'XML' = 'JSON'): string | undefined {
  if (form === 'JSON') return (parsed(text) as { Code?: string } | undefined)?.Code;
  const document = new DOMParser().parseFromString(text, 'text/xml');
  return document.querySelector(':root > Code')?.textContent ?? undefined;
}

/** What a call gave, and the call. */
export interface Called<T> {
  body: T;
  made: Made;
}

/** Calls an operation; whatever is no success is thrown as a {@link CallError}. */
export async function call<P extends keyof Api, A extends Operations<P>>(
  product: P,
  action: A,
  parameters: RequestOf<P, A>,
  options: CallOptions = {},
): Promise<Called<ResponseOf<P, A>>> {
  const given = parameters as Record<string, unknown>;
  const { status, text, made } = await exchange(product, action, given, options);
  const body = parsed(text) as { Code?: string; Message?: string } | undefined;
  // `cams` answers 200 whatever happens, and says in the body what did.
  if (status >= 400 || (body?.Code !== undefined && body.Code !== 'OK')) {
    throw new CallError(status, made.code, body?.Message ?? text, made.requestId, made);
  }
  return { body: body as ResponseOf<P, A>, made };
}
