// The JavaScript Centrifuge client: many clients in one process, named by handles; what happens to them is written out.
import { Centrifuge } from 'centrifuge';
import WebSocket from 'ws';
import { serve, write } from './lines.mjs';

const clients = new Map();

function failure(error) {
  return Object.assign(new Error(error?.message ?? String(error)), { code: error?.code ?? null });
}

function tell(handle, kind, context = {}) {
  write({
    handle, kind,
    channel: context.channel, code: context.code, reason: context.reason, data: context.data,
    offset: context.offset, client: context.client, user: context.info?.user, tags: context.tags,
    recoverable: context.recoverable, positioned: context.positioned,
    recovered: context.recovered, wasRecovering: context.wasRecovering,
    position: context.streamPosition, errorCode: context.error?.code, message: context.error?.message,
  });
}

function watchClient(handle, client) {
  for (const kind of ['connecting', 'connected', 'disconnected', 'error']) client.on(kind, (context) => tell(handle, kind, context));
  for (const kind of ['subscribed', 'unsubscribed', 'publication']) client.on(kind, (context) => tell(handle, `server_${kind}`, context));
}

function subscription(handle, client, channel) {
  const known = client.getSubscription(channel);
  if (known) return known;
  const made = client.newSubscription(channel, { recoverable: true, positioned: true, minResubscribeDelay: 50, maxResubscribeDelay: 500 });
  for (const kind of ['subscribing', 'subscribed', 'unsubscribed', 'publication', 'error']) {
    made.on(kind, (context) => tell(handle, kind, { ...context, channel }));
  }
  return made;
}

const actions = {
  open({ handle, url, token, insecure }) {
    class Socket extends WebSocket {
      constructor(address, protocols) { super(address, protocols, { rejectUnauthorized: !insecure }); }
    }
    const client = new Centrifuge(url, { token, websocket: Socket, minReconnectDelay: 50, maxReconnectDelay: 500, networkEventTarget: null });
    watchClient(handle, client);
    clients.set(handle, client);
  },
  connect({ client }) { client.connect(); },
  subscribe({ handle, client, channel }) { subscription(handle, client, channel).subscribe(); },
  unsubscribe({ handle, client, channel }) { subscription(handle, client, channel).unsubscribe(); },
  async rpc({ client, method, data }) { return (await client.rpc(method, data)).data; },
  async publish({ client, channel, data }) { await client.publish(channel, data); },
  async presence({ client, channel }) { return (await client.presence(channel)).clients; },
  async presenceStats({ client, channel }) { return client.presenceStats(channel); },
  async history({ client, channel, limit, reverse }) { return client.history(channel, { limit, reverse }); },
  disconnect({ client }) { client.disconnect(); },
};

serve(
  async (request) => {
    try {
      return await actions[request.do]({ ...request, client: clients.get(request.handle) });
    } catch (error) {
      throw failure(error);
    }
  },
  (error) => ({ class: error.constructor.name, code: error.code, message: error.message }),
);
