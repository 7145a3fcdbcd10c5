// Members of one group over npm centrifuge, whose connections are cut at random points, in the middle of a message too.
//
// Half of them speak JSON, half Protobuf. Every connection goes through a relay in this process, to a node drawn at random, and
// is cut after a time drawn at random. All draws come from one seed.
import { createServer, connect as dial } from 'node:net';
import { once } from 'node:events';
import { Centrifuge } from 'centrifuge';
import { Centrifuge as CentrifugeProtobuf } from 'centrifuge/build/protobuf';
import WebSocket from 'ws';
import { serve } from './lines.mjs';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function draws(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Passes bytes on between a member and a node, and cuts both off. */
class Relay {
  constructor(nodes, lifetime, draw) {
    Object.assign(this, { nodes, lifetime, draw, cutting: true, cuts: 0 });
    this.server = createServer((member) => this.pass(member));
  }

  async listen() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this.server.address().port;
  }

  pass(member) {
    const [host, port] = this.nodes[Math.floor(this.draw() * this.nodes.length)].split(':');
    const node = dial(Number(port), host);
    const end = () => { member.destroy(); node.destroy(); };
    let last = false;
    node.on('data', (bytes) => {
      member.write(last ? bytes.subarray(0, Math.floor(this.draw() * bytes.length)) : bytes);
      if (last) end();
    });
    member.on('data', (bytes) => node.write(bytes));
    for (const side of [member, node]) side.on('error', end).on('close', end);
    // The next bytes from the node are passed on in part; a silent connection is cut where it is.
    const timer = setTimeout(() => {
      if (!this.cutting) return;
      this.cuts += 1;
      last = true;
      setTimeout(end, 100).unref();
    }, -Math.log(1 - this.draw()) * this.lifetime);
    member.on('close', () => clearTimeout(timer));
  }
}

class Member {
  constructor(name, url, token, group, Client) {
    Object.assign(this, { name, group, seen: [], unrecovered: 0, ended: null, waiting: [], epoch: '', offset: 0 });
    // A busy machine is slow, and slowness is not what is looked at.
    this.client = new Client(url, {
      token, websocket: WebSocket, timeout: 60000, maxServerPingDelay: 60000, minReconnectDelay: 20, maxReconnectDelay: 500,
    });
    this.client.on('disconnected', ({ code, reason }) => this.end(`disconnected ${code} ${reason}`));
  }

  /** Follows the group, behind a position if one is given. */
  follow(since) {
    const subscription = this.client.newSubscription(`g:${this.group}`, {
      ...(since && { since }), minResubscribeDelay: 20, maxResubscribeDelay: 500,
    });
    subscription.on('unsubscribed', ({ code, reason }) => this.end(`unsubscribed ${code} ${reason}`));
    subscription.on('subscribed', ({ wasRecovering, recovered, streamPosition }) => {
      if (wasRecovering && !recovered) this.unrecovered += 1;
      this.epoch = streamPosition.epoch;
      this.reach(streamPosition.offset);
      this.joined?.();
    });
    subscription.on('publication', (publication) => this.publication(publication));
    subscription.subscribe();
    return subscription;
  }

  /** Notes a position, which is an object in Protobuf, and missing where a publication has none. */
  reach(offset) {
    this.offset = Math.max(this.offset, Number(String(offset ?? 0)));
  }

  publication({ data, offset }) {
    // In Protobuf data are bytes.
    const { event, messageId } = data instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(data)) : data;
    this.reach(offset);
    if (event !== 'recvgroupmessage') return;
    this.seen.push([this.offset, messageId]);
    this.look();
  }

  async join() {
    const joined = new Promise((resolve) => { this.joined = resolve; });
    this.follow();
    this.client.connect();
    await joined;
  }

  end(why) {
    this.ended ??= why;
    this.joined?.();
    this.look();
  }

  giveUp() {
    if (this.waiting.length) this.end(`still ${this.client.state}, ${this.seen.length} seen`);
  }

  look() {
    this.waiting = this.waiting.filter((over) => !over());
  }

  /** Waits for a message, or for the member's end. */
  heard(message) {
    return new Promise((resolve) => {
      this.waiting.push(() => {
        const over = this.ended !== null || this.seen.some(([, id]) => id === message);
        if (over) resolve();
        return over;
      });
      this.look();
    });
  }
}

/** Somebody who comes and goes, so that members are told of it between the messages. */
class Visitor {
  constructor(url, token, group) {
    this.client = new Centrifuge(url, { token, websocket: WebSocket, timeout: 60000 });
    this.subscription = this.client.newSubscription(`g:${group}`);
    this.timer = setInterval(() => {
      if (this.subscription.state === 'unsubscribed') this.subscription.subscribe();
      else this.subscription.unsubscribe();
    }, 700);
    this.client.connect();
  }

  leave() {
    clearInterval(this.timer);
    this.client.disconnect();
  }
}

let relay;
let members;
let visitor;

const actions = {
  async join({ nodes, group, tokens, visitorToken, seed, lifetime }) {
    relay = new Relay(nodes, lifetime, draws(seed));
    const url = `ws://127.0.0.1:${await relay.listen()}/connection/websocket`;
    members = Object.entries(tokens).map(([name, token], n) =>
      new Member(name, url, token, group, n % 2 ? CentrifugeProtobuf : Centrifuge));
    await Promise.all(members.map((member) => member.join()));
    visitor = new Visitor(`ws://${nodes[0]}/connection/websocket`, visitorToken, group);
  },

  /** Cuts no more, waits until everybody has heard the last message, and tells what each has seen: equal accounts together. */
  async settle({ last, patience }) {
    relay.cutting = false;
    visitor.leave();
    const timer = setTimeout(() => members.forEach((member) => member.giveUp()), patience * 1000);
    await Promise.all(members.map((member) => member.heard(last)));
    clearTimeout(timer);
    const accounts = new Map();
    for (const { name, seen, unrecovered, ended } of members) {
      const account = JSON.stringify({ seen, unrecovered, ended });
      accounts.set(account, [...(accounts.get(account) ?? []), name]);
    }
    return { cuts: relay.cuts, accounts: [...accounts].map(([account, names]) => ({ ...JSON.parse(account), names })) };
  },

  leave() {
    for (const member of members) member.client.disconnect();
    relay.server.close();
  },
};

serve((request) => actions[request.action](request), (error) => ({ message: String(error?.message ?? error) }));
