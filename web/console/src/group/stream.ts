// The messages of a group as they come, and those before them.
import { useEffect, useReducer, useRef } from 'preact/hooks';
import type { Message, Messages, Room, Shown } from './room.ts';

const EVERY_MILLIS = 1_500;
/** Messages that are kept while they come; whoever reads back keeps what was read. */
const KEPT = 400;
/** Pages that are read for what came since the last look; beyond them the list begins anew. */
const PAGES_MISSED = 6;

/** What is shown of a group's messages: the oldest first. */
export class MessageStream {
  rows: Message[] = [];
  /** Where older ones begin; `undefined` when there are none. */
  older: number | undefined;
  /** Whether the first look has ended. */
  isKnown = false;
  error: unknown;
  /** Whether somebody reads back, so that nothing old is forgotten. */
  isReadingBack = false;
  private reading = false;

  private readonly room: Room;
  private readonly shown: Shown;

  constructor(room: Room, shown: Shown) {
    this.room = room;
    this.shown = shown;
  }

  /** Looks for what is new, and for what of the latest page was taken back. */
  async look(signal: AbortSignal): Promise<void> {
    try {
      const latest = await this.room.messages(this.shown, undefined, signal);
      const held = new Set(this.rows.map(({ id }) => id));
      const fresh: Message[] = [];
      let page: Messages = latest;
      for (let read = 1; ; read += 1) {
        fresh.push(...page.rows.filter(({ id }) => !held.has(id)));
        const meets = page.rows.some(({ id }) => held.has(id));
        if (meets || page.older === undefined || held.size === 0) break;
        if (read === PAGES_MISSED) {
          this.rows = [];
          break;
        }
        page = await this.room.messages(this.shown, page.older, signal);
      }
      this.merge(latest, fresh, page);
      this.error = undefined;
    } catch (error) {
      if (!signal.aborted) this.error = error;
    }
    this.isKnown = true;
  }

  /** Reads a page further back; whether something was read. */
  async readBack(signal: AbortSignal): Promise<boolean> {
    if (this.older === undefined || this.reading) return false;
    this.reading = true;
    try {
      const { rows, older } = await this.room.messages(this.shown, this.older, signal);
      const held = new Set(this.rows.map(({ id }) => id));
      this.rows = [...rows.filter(({ id }) => !held.has(id)).reverse(), ...this.rows];
      this.older = older;
    } catch (error) {
      if (!signal.aborted) this.error = error;
    }
    this.reading = false;
    return true;
  }

  /** Forgets a message that was taken back. */
  drop(id: string): void {
    this.rows = this.rows.filter((message) => message.id !== id);
  }

  private merge(latest: Messages, fresh: Message[], last: Messages): void {
    if (this.rows.length === 0) this.older = last.older;
    const there = new Set(latest.rows.map(({ id }) => id));
    const oldest = latest.rows.at(-1);
    // Of what is as new as the latest page, only what that has still stands.
    const from = oldest ? this.rows.findIndex(({ id }) => id === oldest.id) : 0;
    const kept = from < 0 ? this.rows : this.rows.filter(({ id }, at) => at < from || there.has(id));
    this.rows = [...kept, ...fresh.reverse()];
    if (!this.isReadingBack && this.rows.length > KEPT && this.room.erase) {
      // What is forgotten is read again by whoever reads back; pages by number would not begin where the rest ends.
      this.rows = this.rows.slice(-KEPT);
    }
  }
}

/** The messages of a group, looked for anew while the page is seen. */
export function useMessages(room: Room, { type, until }: Shown): { stream: MessageStream; draw: () => void } {
  const [, draw] = useReducer((held: number) => held + 1, 0);
  const held = useRef<{ key: string; room: Room; stream: MessageStream } | undefined>(undefined);
  const key = `${type} ${until}`;
  if (held.current?.key !== key || held.current.room !== room) {
    held.current = { key, room, stream: new MessageStream(room, { type, until }) };
  }
  const { stream } = held.current;
  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      if (!document.hidden) {
        await stream.look(ending.signal);
        if (ending.signal.aborted) return;
        draw(undefined);
      }
      // What was said until a moment does not change by itself.
      if (until === undefined) timer = setTimeout(() => void look(), EVERY_MILLIS);
    };
    void look();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [stream, until]);
  return { stream, draw: () => draw(undefined) };
}
