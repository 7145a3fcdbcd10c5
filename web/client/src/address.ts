/** Where the server is. Pages written for the cloud never say it: the script's own address does, or the AppSign. */

import type { TransportEndpoint } from 'centrifuge';

/** What a page says of the server by how it loads the script. */
export interface ScriptPlace {
  /** The script's address; empty for one that stands in the page. */
  src: string;
  /** The server that the tag names: `<script src=… data-server="https://im.example.com">`. */
  server: string;
}

/** The place of the script that runs now: to be asked while it is loaded, not later. */
export function currentScript(): ScriptPlace {
  const script = typeof document === 'undefined' ? null : document.currentScript;
  const element = script as HTMLScriptElement | null;
  return { src: element?.src ?? '', server: element?.dataset?.server ?? '' };
}

let loadedFrom = currentScript();

/** Says where the code was loaded from, where the browser does not: in a module. */
export function setScript(src: string): void {
  loadedFrom = { src, server: '' };
}

/**
 * The server's base address, ending in a slash. What is said outright comes first: the configuration's `endpoint`, the
 * script tag, the AppSign of a server whose public address is configured; then whence the script came: from beside `sdk/`
 * where a server offers it there, else from the host's root; and last the page's own host.
 */
export function serverOf(endpoint: string | undefined, appSign: string, script: ScriptPlace = loadedFrom): string {
  const said = endpoint || script.server || endpointIn(appSign);
  if (said) return baseOf(said);
  const place = new URL('.', script.src || globalThis.location.href).href;
  return place.endsWith('/sdk/') ? place.slice(0, -'sdk/'.length) : new URL('/', place).href;
}

/** The address of the WebSocket of a server. */
export function socketOf(base: string): string {
  return `${base.replace(/^http/, 'ws')}connection/websocket`;
}

/** The ways to a server. */
export interface Ways {
  /** Where it takes connections, the best first: what follows passes networks that let no WebSocket through. */
  endpoints: TransportEndpoint[];
  /** Where a client says what it says when its connection runs to it alone. */
  emulation: string;
}

/** What a browser has that can go this way. */
const NEEDED = { http_stream: 'ReadableStream', sse: 'EventSource' };

/** The ways to the server whose WebSocket is at this address. */
export function waysTo(socket: string): Ways {
  const endpoints: TransportEndpoint[] = [{ transport: 'websocket', endpoint: socket }];
  const beside = /^ws(s?:.*\/)connection\/websocket$/.exec(socket);
  if (!beside) return { endpoints, emulation: '' };
  const base = `http${beside[1]}`;
  for (const transport of ['http_stream', 'sse'] as const) {
    // The Centrifuge client ends in an error of the language at a last way that the browser does not have.
    if (!(NEEDED[transport] in globalThis)) continue;
    endpoints.push({ transport, endpoint: `${base}connection/${transport}` });
  }
  return { endpoints, emulation: `${base}emulation` };
}

function baseOf(address: string): string {
  const url = new URL(/^\w+:\/\//.test(address) ? address : `https://${address}`);
  return url.href.replace(/[?#].*$/, '').replace(/\/?$/, '/');
}

/** Where a gzip stream without a name begins, and what a block that is stored as it is begins with (RFC 1951, 3.2.4). */
const BLOCK = 10;
const STORED = 1;
const TEXT = BLOCK + 5;

/**
 * The server that an AppSign names, or nothing. It is the base64 of a gzip stream of JSON; this server's holds its text as
 * it is, and what others have made is opaque.
 */
export function endpointIn(appSign: string): string {
  try {
    const bytes = atob(appSign);
    if (!bytes.startsWith('\x1f\x8b') || bytes.charCodeAt(BLOCK) !== STORED) return '';
    const length = bytes.charCodeAt(BLOCK + 1) | (bytes.charCodeAt(BLOCK + 2) << 8);
    const { endpoint } = JSON.parse(utf8(bytes.slice(TEXT, TEXT + length)));
    return typeof endpoint === 'string' ? endpoint : '';
  } catch {
    return '';
  }
}

/** The text in bytes that are written one a character. */
export function utf8(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}
