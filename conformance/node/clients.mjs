// npm centrifuge, in Node.js or in a page: many clients in one process, named by handles. What happens to them is written out.

/** What a client of a form carries: values of JSON, in Protobuf as their bytes. */
const carried = {
  json: { pack: (value) => value, unpack: (value) => value },
  protobuf: {
    pack: (value) => new TextEncoder().encode(JSON.stringify(value)),
    unpack: (bytes) => (bytes?.length ? JSON.parse(new TextDecoder().decode(bytes)) : undefined),
  },
};

/** Where a client connects: the URL of the WebSocket, or that of another transport beside it. */
function endpoint(url, transport) {
  if (transport === 'websocket') return url;
  return [{ transport, endpoint: `${base(url)}/connection/${transport}` }];
}

const base = (url) => url.replace(/^ws/, 'http').replace('/connection/websocket', '');

/**
 * @param kinds the classes of the client by form
 * @param write takes each event, an object
 * @param options what every client is given; a function of the request
 * @returns the actions, by name
 */
export function clientActions(kinds, write, options) {
  const clients = new Map();

  function tell(handle, unpack, kind, context = {}) {
    const { channel, code, reason, tags, recoverable, positioned, recovered, wasRecovering } = context;
    // The Protobuf build gives long numbers as objects.
    const offset = context.offset === undefined ? undefined : Number(context.offset);
    const position = context.streamPosition && { ...context.streamPosition, offset: Number(context.streamPosition.offset) };
    write({
      handle, kind, channel, code, reason, tags, recoverable, positioned, recovered, wasRecovering, position, offset,
      data: unpack(context.data), client: context.client, user: context.info?.user,
      errorCode: context.error?.code, message: context.error?.message,
    });
  }

  function subscription({ made, told }, channel) {
    const known = made.getSubscription(channel);
    if (known) return known;
    const fresh = made.newSubscription(channel, { recoverable: true, positioned: true, minResubscribeDelay: 50, maxResubscribeDelay: 500 });
    for (const kind of ['subscribing', 'subscribed', 'unsubscribed', 'publication', 'error']) {
      fresh.on(kind, (context) => told(kind, { ...context, channel }));
    }
    return fresh;
  }

  const actions = {
    open(_, request) {
      const { handle, url, token, form, transport } = request;
      const made = new kinds[form](endpoint(url, transport), {
        token, minReconnectDelay: 50, maxReconnectDelay: 500, networkEventTarget: null, emulationEndpoint: `${base(url)}/emulation`,
        ...options(request),
      });
      const told = (kind, context) => tell(handle, carried[form].unpack, kind, context);
      for (const kind of ['connecting', 'connected', 'disconnected', 'error']) made.on(kind, (context) => told(kind, context));
      for (const kind of ['subscribed', 'unsubscribed', 'publication']) made.on(kind, (context) => told(`server_${kind}`, context));
      clients.set(handle, { made, told, ...carried[form] });
    },
    connect({ made }) { made.connect(); },
    subscribe(client, { channel }) { subscription(client, channel).subscribe(); },
    unsubscribe(client, { channel }) { subscription(client, channel).unsubscribe(); },
    async rpc({ made, pack, unpack }, { method, data }) { return unpack((await made.rpc(method, pack(data))).data); },
    async publish({ made, pack }, { channel, data }) { await made.publish(channel, pack(data)); },
    async presence({ made }, { channel }) { return (await made.presence(channel)).clients; },
    async presenceStats({ made }, { channel }) { return made.presenceStats(channel); },
    async history({ made }, { channel, limit, reverse }) { return made.history(channel, { limit, reverse }); },
    disconnect({ made }) { made.disconnect(); },
  };

  return async (request) => {
    try {
      return await actions[request.do](clients.get(request.handle), request);
    } catch (error) {
      // What goes wrong in a call is an object, and no error of the language.
      throw Object.assign(new Error(error?.message ?? String(error)), { code: error?.code ?? null });
    }
  };
}
