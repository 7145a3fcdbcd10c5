// npm centrifuge under Node.js.
import { Centrifuge } from 'centrifuge';
import { Centrifuge as CentrifugeProtobuf } from 'centrifuge/build/protobuf';
import WebSocket from 'ws';
import { clientActions } from './clients.mjs';
import { serve, write } from './lines.mjs';

/** `fetch` that answers with status 503 where the network fails: 5.7.4 handles no rejection of a command's request, which ends a Node.js process. */
const answered = (input, init) => fetch(input, init).catch((error) => new Response(String(error), { status: 503 }));

function options({ insecure }) {
  class Socket extends WebSocket {
    constructor(address, protocols) { super(address, protocols, { rejectUnauthorized: !insecure }); }
  }
  return { websocket: Socket, fetch: answered };
}

serve(
  clientActions({ json: Centrifuge, protobuf: CentrifugeProtobuf }, write, options),
  (error) => ({ class: error.constructor.name, code: error.code, message: error.message }),
);
