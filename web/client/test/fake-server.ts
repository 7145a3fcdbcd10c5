/** A server in memory that speaks the Centrifuge protocol's JSON form to the sockets of a test, one command at a time. */

type Json = Record<string, unknown>;

/** What a method, a login or a subscription is answered with: a result, or an error of the server's. */
export type Answer = { result: unknown } | { error: { code: number; message: string; temporary?: boolean } };

const INFO = {
  groupName: 'Lesson',
  groupMeta: '',
  createTime: 1,
  creator: 'teacher',
  admins: [],
  statistics: { pv: 1, onlineCount: 1, msgAmount: {} },
  isBigGroup: false,
};

/** A group as the server tells it. */
export function groupInfo(groupId: string) {
  return { groupId, ...INFO, muteStatus: { groupId, muteAll: false, muteUserList: [], whiteUserList: [] } };
}

export class FakeServer {
  /** The socket that was opened last. */
  socket: FakeSocket | undefined;
  /** Every command so far, in its order: its kind, and what it holds. */
  readonly commands: { kind: string; body: Json }[] = [];
  /** Whether it takes sockets. */
  reachable = true;
  /** Whether it takes requests. */
  streams = false;
  /** The addresses of the requests so far, in their order. */
  readonly requests: string[] = [];
  private stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** What is answered; replaced by tests. */
  connect: (body: Json) => Answer = () => ({ result: {} });
  subscribe: (channel: string) => Answer | undefined = (channel) => ({ result: { data: groupInfo(channel.slice(2)) } });
  refresh: (body: Json) => Answer = () => ({ result: {} });
  rpc: (method: string, data: Json) => Answer = () => ({ result: {} });

  /** Puts itself in the place of the browser's sockets and requests. */
  install(): void {
    FakeSocket.server = this;
    const fetch = (address: string, init: { body: string }) => this.fetch(address, init.body);
    Object.assign(globalThis, { WebSocket: FakeSocket, fetch });
  }

  private async fetch(address: string, body: string): Promise<Response> {
    this.requests.push(address);
    if (!this.streams) throw new TypeError('fetch failed');
    if (address.endsWith('/emulation')) {
      this.say(String((JSON.parse(body) as Json).data));
      return new Response(null, { status: 204 });
    }
    const answer = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.stream = controller;
        this.say(body);
      },
    });
    return new Response(answer);
  }

  /** Answers commands on the stream. */
  private say(commands: string): void {
    for (const [id, reply] of this.replies(commands)) {
      this.stream?.enqueue(new TextEncoder().encode(`${JSON.stringify({ id, ...reply })}\n`));
    }
  }

  /** What is replied to the commands of a frame, by their ids. */
  *replies(frame: string): Generator<[unknown, Json]> {
    for (const line of frame.split('\n').filter((line) => line !== '' && line !== '{}')) {
      const { id, ...command } = JSON.parse(line) as Json;
      const [entry] = Object.entries(command);
      const reply = entry && this.reply(entry[0], entry[1] as Json);
      if (reply) yield [id, reply];
    }
  }

  /** The commands of a kind. */
  of(kind: string): Json[] {
    return this.commands.filter((command) => command.kind === kind).map((command) => command.body);
  }

  /** The calls of a method. */
  calls(method: string): unknown[] {
    return this.of('rpc')
      .filter((body) => body.method === method)
      .map((body) => body.data);
  }

  /** Publishes on a channel. */
  publish(channel: string, data: Json): void {
    this.socket?.deliver({ push: { channel, pub: { data } } });
  }

  /** Ends a subscription. */
  unsubscribe(channel: string, code: number): void {
    this.socket?.deliver({ push: { channel, unsubscribe: { code, reason: 'ended' } } });
  }

  /** What is replied to a command. */
  reply(kind: string, body: Json): Json | undefined {
    this.commands.push({ kind, body });
    const answer = this.answer(kind, body);
    if (!answer) return undefined;
    return 'error' in answer ? { error: answer.error } : { [kind]: answer.result };
  }

  private answer(kind: string, body: Json): Answer | undefined {
    switch (kind) {
      case 'connect': {
        const answer = this.connect(body);
        return 'error' in answer
          ? answer
          : { result: { client: 'c', version: 'fake', subs: { 'u:ada': {} }, ...(answer.result as Json) } };
      }
      case 'refresh':
        return this.refresh(body);
      case 'subscribe':
        return this.subscribe(String(body.channel));
      case 'rpc': {
        const answer = this.rpc(String(body.method), body.data as Json);
        return 'error' in answer ? answer : { result: { data: answer.result } };
      }
      default:
        return { result: {} };
    }
  }
}

/** One end of a connection, as the browser has it. What is sent is answered when the sender has done its turn. */
class FakeSocket {
  static server: FakeServer;
  onopen: (() => void) | undefined;
  onmessage: ((event: { data: string }) => void) | undefined;
  onclose: ((event: { code: number; reason: string }) => void) | undefined;
  private closed = false;
  private readonly server = FakeSocket.server;

  constructor(readonly url: string) {
    this.server.socket = this;
    queueMicrotask(() => (this.server.reachable ? this.onopen?.() : this.end(1006, '')));
  }

  send(text: string): void {
    for (const [id, reply] of this.server.replies(text)) queueMicrotask(() => this.deliver({ id, ...reply }));
  }

  deliver(message: Json): void {
    if (!this.closed) this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** The server's or the network's end of it. */
  end(code: number, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.onclose?.({ code, reason });
  }

  close(): void {
    this.closed = true;
  }
}
