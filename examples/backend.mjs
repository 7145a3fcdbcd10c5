// The own server of a chat: it gives the page and the login tokens, and takes the events that Muster tells of the application.
//
//   npm install centrifuge
//   APP_ID=… APP_KEY=… node backend.mjs            then open http://127.0.0.1:8080/
//
// MUSTER is where browsers connect, PORT where this server listens. For the events, give the application the callback URL
// http://127.0.0.1:8080/callbacks (ModifyLiveMessageAppCallback); on one machine Muster needs `[outbound] allow_private = true`.
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const LOGIN_SECONDS = 3600;
const CALLBACK_BYTES = 1 << 20;
/** Seconds that a callback may be old, so that one that was overheard is worth nothing later. */
const CALLBACK_AGE = 300;
const DEEDS = { 1: 'logs on', 2: 'logs off', 3: 'joins', 4: 'leaves', 5: 'is back in' };

/** The login token of a user: what the Centrifuge client shows on connecting. */
export function loginToken({ appId, appKey }, userId, role = '') {
  const nonce = `AK-${randomUUID().replaceAll('-', '')}`;
  const timestamp = Math.floor(Date.now() / 1000) + LOGIN_SECONDS;
  const token = createHash('sha256').update(`${appId}${appKey}${userId}${nonce}${timestamp}${role}`).digest('hex');
  return Buffer.from(JSON.stringify({ appId, userId, nonce, timestamp, role, token })).toString('base64url');
}

/** Whether Muster has sent this callback, and lately. */
export function isGenuine(appKey, headers, body, now = Date.now() / 1000) {
  const timestamp = headers['ali-live-timestamp'] ?? '';
  const told = Buffer.from(headers['muster-signature'] ?? '', 'hex');
  const made = createHmac('sha256', appKey).update(`${timestamp}.`).update(body).digest();
  return told.length === made.length && timingSafeEqual(told, made) && Math.abs(now - Number(timestamp)) < CALLBACK_AGE;
}

async function bodyOf(request) {
  const pieces = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += piece.length;
    if (bytes > CALLBACK_BYTES) throw new Error('the body is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Writes down what has happened. A callback may come twice: its transaction is the same then. */
function takeEvents({ transactionid, eves }, seen) {
  if (seen.has(transactionid)) return;
  seen.add(transactionid); // A real server keeps these, for a day.
  for (const { uid, events } of eves) {
    for (const { e, g } of events) console.log([uid, DEEDS[e] ?? `event ${e}`, g].filter(Boolean).join(' '));
  }
}

function send(response, status, type, body) {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

export function serve(app, muster) {
  const seen = new Set();
  const here = (name) => readFile(new URL(name, import.meta.url));
  const routes = {
    'GET /': async (_, response) => send(response, 200, 'text/html; charset=utf-8', await here('chat.html')),
    'GET /centrifuge.js': async (_, response) =>
      send(response, 200, 'text/javascript', await here('node_modules/centrifuge/dist/centrifuge.js')),
    'GET /login': async (request, response, url) => {
      // A real server knows from its own session who asks, and never believes what the page says.
      const user = url.searchParams.get('user') ?? '';
      if (!/^[\w.-]{1,64}$/.test(user)) return send(response, 400, 'text/plain', 'a name has 1 to 64 letters, digits, _ . -');
      send(response, 200, 'application/json', JSON.stringify({ url: muster, token: loginToken(app, user) }));
    },
    'POST /callbacks': async (request, response) => {
      const body = await bodyOf(request);
      if (!isGenuine(app.appKey, request.headers, body)) return send(response, 403, 'text/plain', 'not signed by Muster');
      takeEvents(JSON.parse(body), seen);
      send(response, 200, 'text/plain', '');
    },
  };
  return createServer(async (request, response) => {
    const url = new URL(request.url, 'http://here');
    const route = routes[`${request.method} ${url.pathname}`];
    try {
      if (route) await route(request, response, url);
      else send(response, 404, 'text/plain', 'not here');
    } catch (error) {
      console.error(error.message);
      send(response, 500, 'text/plain', 'this did not work');
    }
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { APP_ID: appId, APP_KEY: appKey, MUSTER = 'ws://127.0.0.1:7070/connection/websocket', PORT = '8080' } = process.env;
  if (!appId || !appKey) throw new Error('APP_ID and APP_KEY are the AppId and AppKey of CreateLiveMessageApp');
  const server = serve({ appId, appKey }, MUSTER);
  server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
}
