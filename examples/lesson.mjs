// The own server of a lesson: it gives the page, and logs teachers and students in.
//
//   APP_ID=… APP_KEY=… APP_SIGN=… node lesson.mjs      then open http://127.0.0.1:8080/
//
// MUSTER is where browsers find the server, PORT where this server listens.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { loginToken } from './backend.mjs';

/** What the page gives to `login`: the form in which application servers of the cloud's SDK answer. */
function login(app, userId, role) {
  const { token: appToken, ...auth } = JSON.parse(Buffer.from(loginToken(app, userId, role), 'base64url'));
  return { appId: app.appId, appSign: app.appSign, userId, role, auth, appToken };
}

function serve(app, muster) {
  return createServer(async (request, response) => {
    const url = new URL(request.url, 'http://here');
    if (url.pathname === '/') {
      const page = await readFile(new URL('lesson.html', import.meta.url), 'utf8');
      return response.setHeader('content-type', 'text/html; charset=utf-8').end(page.replace('http://127.0.0.1:7070', muster));
    }
    const user = url.searchParams.get('user') ?? '';
    if (url.pathname !== '/login' || !/^[\w.-]{1,64}$/.test(user)) return response.writeHead(404).end('not here');
    // A real server knows from its own session who asks, and who teaches.
    const role = url.searchParams.get('as') === 'teacher' ? 'admin' : '';
    response.setHeader('content-type', 'application/json').end(JSON.stringify(login(app, user, role)));
  });
}

const { APP_ID: appId, APP_KEY: appKey, APP_SIGN: appSign, MUSTER = 'http://127.0.0.1:7070', PORT = '8080' } = process.env;
if (!appId || !appKey || !appSign) throw new Error('APP_ID, APP_KEY and APP_SIGN are what CreateLiveMessageApp tells');
const server = serve({ appId, appKey, appSign }, MUSTER);
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
