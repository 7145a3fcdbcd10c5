import type { Schema } from './schema.ts';

/** A call over the connection. */
export interface RealtimeCall {
  /** Who may make it. */
  who: string;
  parameters: Schema;
  result: Schema;
  /** Codes of its errors. */
  errors: number[];
}

/** What a client hears. */
export interface RealtimeEvent {
  /** The channels that it comes on, by what their names begin with. */
  channels: string[];
  /** When it has a position in its channel's stream. */
  offset: string;
  data: Schema;
}

export interface RealtimeError {
  code: number;
  text: string;
  temporary: boolean;
  meaning: string;
}

/** How a connection or a subscription ends. */
export interface RealtimeEnd {
  code: number;
  reason: string;
  meaning: string;
}

/** The realtime contract, as the server tells it. */
export interface Realtime {
  protocol: string;
  /** What subscribing comes to, by what the channels' names are made of. */
  channels: Record<string, { what: string; subscribed?: Schema }>;
  login: { connected: Schema };
  calls: Record<string, RealtimeCall>;
  events: Record<string, RealtimeEvent>;
  errors: RealtimeError[];
  closes: (RealtimeEnd & { reconnects: boolean })[];
  unsubscribes: RealtimeEnd[];
}
