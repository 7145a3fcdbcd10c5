/** The engine: from `init` over logins to `unInit`. Its states and errors are those of the cloud's client SDK 1.3.1. */

import { serverOf, socketOf, waysTo } from './address.ts';
import { deliver, type Published } from './deliver.ts';
import { EventEmitter } from './emitter.ts';
import { IMError, ImErrors, InitErrors, notLoggedIn } from './errors.ts';
import { AliVCIMGroupManager } from './groups.ts';
import { Link, type LinkObserver } from './link.ts';
import { type LoginFields, loginFields, loginToken } from './login-token.ts';
import type { ExitReason } from './membership.ts';
import { AliVCIMMessageManager } from './messages.ts';
import {
  type ImAppLogin,
  ImDisconnectCode,
  type ImGroupInfo,
  type ImLoginReq,
  type ImSdkConfig,
  type ImUserAuth,
  type TokenCallback,
} from './types.ts';

/** The version whose surface this is. */
const SDK_VERSION = '1.3.1';

/** Bounds of `heartbeatTimeout`, and what it is when nothing is said, in seconds. */
const HEARTBEAT = { least: 15, most: 120, usual: 99 };

/** What is told of the connection. */
export type ImSdkListener = {
  connecting: [];
  connectsuccess: [];
  connectfailed: [error: IMError];
  disconnect: [code: ImDisconnectCode];
  /** The token has ended; the listener answers with another. */
  tokenexpired: [answer: TokenCallback];
  /** The connection is there again, with these groups. */
  reconnectsuccess: [groups: ImGroupInfo[]];
};

/** A login, with its connection. */
interface Session {
  link: Link;
  login: LoginFields;
}

export class ImEngine extends EventEmitter<ImSdkListener> {
  private static single: ImEngine | undefined;

  private config: ImSdkConfig | undefined;
  private session: Session | undefined;
  private readonly groups = new AliVCIMGroupManager(() => this.link());
  private readonly messages = new AliVCIMMessageManager(() => this.link());

  /** The one engine of a page. */
  static get engine(): ImEngine {
    ImEngine.single ??= new ImEngine();
    return ImEngine.single;
  }

  /** The same: made by the first call. */
  static createEngine(): ImEngine {
    return ImEngine.engine;
  }

  /** Whether this browser can run it. */
  static isSupport(): boolean {
    return typeof WebSocket === 'function' && typeof Promise === 'function';
  }

  static getSdkVersion(): string {
    return SDK_VERSION;
  }

  /** Takes up an application. Rejects with 1001 when that was done before, and with -2 when the configuration is no good. */
  async init(config: ImSdkConfig): Promise<void> {
    if (this.config) throw new IMError(InitErrors.REPEATED, 'repeated init');
    const { appId, appSign, heartbeatTimeout } = config ?? {};
    if (!appId || !appSign) throw new IMError(InitErrors.BAD_CONFIG, 'appId and appSign must not be empty');
    const { least, most } = HEARTBEAT;
    if (heartbeatTimeout !== undefined && !(heartbeatTimeout >= least && heartbeatTimeout <= most)) {
      throw new IMError(InitErrors.BAD_CONFIG, `heartbeatTimeout must be ${least} to ${most} seconds`);
    }
    this.config = { ...config };
  }

  /** Undoes `init`, with a logout where one is due; the managers forget their listeners. Tells whether that is so now. */
  unInit(): boolean {
    this.session?.link.close();
    this.session = undefined;
    this.config = undefined;
    this.groups.removeAllListeners();
    this.messages.removeAllListeners();
    return true;
  }

  isInited(): boolean {
    return this.config !== undefined;
  }

  /** Connects and logs in. Rejects with 304 while a login holds or is under way. */
  async login(request: ImLoginReq | ImAppLogin): Promise<void> {
    const config = this.config;
    if (!config) throw new IMError(ImErrors.ERROR_INVALID_STATE, 'init comes before login');
    if (this.session) throw new IMError(ImErrors.ERROR_HAS_LOGIN, 'has login');
    const login = loginFields(config.appId, config.deviceId, request);
    const ways = waysTo(socketOf(serverOf(config.endpoint, config.appSign)));
    const patience = (config.heartbeatTimeout ?? HEARTBEAT.usual) * 1000;
    const session = {} as Session;
    const options = { ways, token: loginToken(login), patience };
    session.login = login;
    session.link = new Link(options, this.observe(session));
    this.session = session;
    this.emit('connecting');
    try {
      await session.link.open();
    } catch (error) {
      if (this.session === session) {
        this.session = undefined;
        this.emit('connectfailed', error as IMError);
      }
      throw error;
    }
  }

  /** Logs out, of all groups too. Rejects with 602 where nobody is logged in. */
  async logout(): Promise<void> {
    if (!this.session) throw new IMError(ImErrors.ERROR_NOT_LOGIN, 'has login out');
    this.session.link.close();
    this.ended(this.session, ImDisconnectCode.LOGOUT);
  }

  isLogin(): boolean {
    return this.session?.link.isOpen ?? false;
  }

  /** Drops the connection and makes it anew; nothing happens where nobody is logged in. */
  reconnect(): void {
    this.session?.link.reconnect();
  }

  /** Who is logged in, else an empty text. */
  getCurrentUserId(): string {
    return this.isLogin() ? (this.session?.login.userId ?? '') : '';
  }

  /** Groups, from `init` on: listeners are set before the login. */
  getGroupManager(): AliVCIMGroupManager | undefined {
    return this.config && this.groups;
  }

  /** Messages, from `init` on: listeners are set before the login. */
  getMessageManager(): AliVCIMMessageManager | undefined {
    return this.config && this.messages;
  }

  /** What the next connection of this login shows; of version 1.0.0. */
  updateToken(auth: ImUserAuth): void {
    if (this.session) this.renew(this.session, auth);
  }

  private link(): Link {
    if (!this.config) throw new IMError(ImErrors.ERROR_INVALID_STATE, 'not inited');
    if (!this.session?.link.isOpen) throw notLoggedIn();
    return this.session.link;
  }

  /** What a connection tells; nobody hears of one that is no longer the engine's. */
  private observe(session: Session): LinkObserver {
    const current = () => this.session === session;
    return {
      connected: () => this.emit('connectsuccess'),
      lost: () => this.emit('connecting'),
      restored: (groups) => this.emit('reconnectsuccess', groups),
      ended: (code) => this.ended(session, code),
      renewed: () => this.anotherToken(session),
      published: (data) => {
        if (current()) this.heard(session.link, data as Published);
      },
      removed: (groupId, reason) => {
        if (current()) this.groups.emit('exit', groupId, reason);
      },
    };
  }

  private heard(link: Link, published: Published): void {
    switch (published.event) {
      case 'exit':
        // It is told once, whether this or the end of the subscription comes first.
        if (link.isIn(published.groupId)) {
          link.leave(published.groupId);
          this.groups.emit('exit', published.groupId, published.reason as ExitReason);
        }
        break;
      case 'recvc2cmessage':
        // A caller of the API may wait for it. Where it does not arrive, the connection broke, and it comes again.
        link.call('ackMessage', { messageId: published.messageId }).catch(() => undefined);
        break;
    }
    const managers = { groups: this.groups, messages: this.messages };
    deliver(published, managers, (groupId) => link.group(groupId)?.isBigGroup ?? false);
  }

  private ended(session: Session, code: ImDisconnectCode): void {
    if (this.session !== session) return;
    this.session = undefined;
    this.emit('disconnect', code);
  }

  /** Asks the application for another token. Without a listener there is none. */
  private anotherToken(session: Session): Promise<string> {
    return new Promise((resolve, reject) => {
      const answer: TokenCallback = (error, auth) => {
        if (error || !auth?.token) reject(error);
        else resolve(this.renew(session, auth));
      };
      if (!this.emit('tokenexpired', answer)) reject(notLoggedIn());
    });
  }

  private renew(session: Session, auth: ImUserAuth): string {
    session.login = { ...session.login, auth };
    const token = loginToken(session.login);
    session.link.setToken(token);
    return token;
  }
}
