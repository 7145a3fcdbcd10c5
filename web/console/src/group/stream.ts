// The messages of a group as they come, and those before them.
import { useEffect, useReducer, useRef } from 'preact/hooks';
import type { Message, Messages, Room, Shown } from './room.ts';

const EVERY_MILLIS = 1_500;
/** Messages that are kept while they come. */
const KEPT = 400;
/** Messages that are kept for whoever reads back; further back leads the choice of a time. */
export const MOST = 2_000;
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
  /** Where what is older than a message begins, of the oldest message of each page that was read, by its id. */
  private readonly behind = new Map<string, number>();

  private readonly room: Room;
  private readonly shown: Shown;

  constructor(room: Room, shown: Shown) {
    this.room = room;
    this.shown = shown;
  }

  /** Looks for what is new, and for what of the latest page was taken back. */
  async look(signal: AbortSignal): Promise<void> {
    try {
      const latest = await this.page(undefined, signal);
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
        page = await this.page(page.older, signal);
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
    if (!this.leadsBack || this.reading) return false;
    this.reading = true;
    try {
      const { rows, older } = await this.page(this.older, signal);
      const held = new Set(this.rows.map(({ id }) => id));
      this.rows = [...rows.filter(({ id }) => !held.has(id)).reverse(), ...this.rows];
      this.older = older;
    } catch (error) {
      if (!signal.aborted) this.error = error;
    }
    this.reading = false;
    return true;
  }

  /** Whether a page further back can be read: there is one, and not too much is held. */
  get leadsBack(): boolean {
    return this.older !== undefined && this.rows.length < MOST;
  }

  private async page(from: number | undefined, signal: AbortSignal): Promise<Messages> {
    const page = await this.room.messages(this.shown, from, signal);
    const oldest = page.rows.at(-1);
    if (oldest && page.older !== undefined) this.behind.set(oldest.id, page.older);
    return page;
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
    // Pages by number would not begin where the rest ends.
    if (this.room.erase) this.forget(this.isReadingBack ? MOST : KEPT);
  }

  /** Forgets the oldest of what is more than so many, up to a message behind which it is known how to read on. */
  private forget(most: number): void {
    const first = this.rows.slice(0, -most).findLastIndex(({ id }) => this.behind.has(id));
    if (first <= 0) return;
    this.older = this.behind.get(this.rows[first]?.id ?? '');
    this.rows = this.rows.slice(first);
    const held = new Set(this.rows.map(({ id }) => id));
    for (const id of this.behind.keys()) if (!held.has(id)) this.behind.delete(id);
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
