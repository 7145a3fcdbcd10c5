// npm centrifuge under Node.js.
import { Centrifuge } from 'centrifuge';
import { Centrifuge as CentrifugeProtobuf } from 'centrifuge/build/protobuf';
import WebSocket from 'ws';
import { clientActions } from './clients.mjs';
import { serve, write } from './lines.mjs';

function options({ insecure }) {
  class Socket extends WebSocket {
    constructor(address, protocols) { super(address, protocols, { rejectUnauthorized: !insecure }); }
  }
  return { websocket: Socket };
}

serve(
  clientActions({ json: Centrifuge, protobuf: CentrifugeProtobuf }, write, options),
  (error) => ({ class: error.constructor.name, code: error.code, message: error.message }),
);
