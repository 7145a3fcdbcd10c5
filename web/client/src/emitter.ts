/**
 * Events with the surface of `eventemitter3`, which pages written for the cloud's SDK expect, and one difference that
 * they need: a listener that throws (most parse JSON that anybody may have written) stops neither the others nor the
 * connection that the event came from.
 */

/** Events by name, each with what its listeners are given. */
export type EventMap = { [name: string]: unknown[] };

type Listener<Arguments extends unknown[]> = (...given: Arguments) => void;

/** A listener of some event: which, is known by the name that it stands under. */
// biome-ignore lint/suspicious/noExplicitAny: no other type takes every listener.
type AnyListener = Listener<any[]>;

interface Entry {
  listener: AnyListener;
  context: unknown;
  once: boolean;
}

export class EventEmitter<Events extends EventMap = EventMap> {
  private entries = new Map<keyof Events, Entry[]>();

  /** Calls `listener` for each event of this name, with `context` as its `this`. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>, context?: unknown): this {
    return this.add(name, listener, context, false);
  }

  addListener<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>, context?: unknown): this {
    return this.on(name, listener, context);
  }

  /** As `on`, for the next event alone. */
  once<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>, context?: unknown): this {
    return this.add(name, listener, context, true);
  }

  /** Forgets a listener, or without one all of the name. */
  off<Name extends keyof Events>(name: Name, listener?: Listener<Events[Name]>): this {
    const left = listener ? this.of(name).filter((entry) => entry.listener !== listener) : [];
    this.put(name, left);
    return this;
  }

  removeListener<Name extends keyof Events>(name: Name, listener?: Listener<Events[Name]>): this {
    return this.off(name, listener);
  }

  /** Forgets the listeners of a name, or all. */
  removeAllListeners(name?: keyof Events): this {
    if (name === undefined) this.entries.clear();
    else this.entries.delete(name);
    return this;
  }

  /** Calls the listeners of a name in the order in which they came; whether there were any. */
  emit<Name extends keyof Events>(name: Name, ...given: Events[Name]): boolean {
    const entries = this.of(name);
    for (const entry of entries) {
      if (entry.once)
        this.put(
          name,
          this.of(name).filter((other) => other !== entry),
        );
      try {
        entry.listener.apply(entry.context, given);
      } catch (error) {
        // biome-ignore lint/suspicious/noConsole: whose listener it is can be told nowhere else.
        console.error(`A listener of "${String(name)}" has failed:`, error);
      }
    }
    return entries.length > 0;
  }

  listeners<Name extends keyof Events>(name: Name): Listener<Events[Name]>[] {
    return this.of(name).map((entry) => entry.listener);
  }

  listenerCount(name: keyof Events): number {
    return this.of(name).length;
  }

  eventNames(): (keyof Events)[] {
    return [...this.entries.keys()];
  }

  private of(name: keyof Events): Entry[] {
    return this.entries.get(name) ?? [];
  }

  private add<Name extends keyof Events>(
    name: Name,
    listener: Listener<Events[Name]>,
    context: unknown,
    once: boolean,
  ): this {
    if (typeof listener !== 'function') throw new TypeError('The listener must be a function');
    // A new list, so that an event under way goes to those who listened when it came.
    this.put(name, [...this.of(name), { listener, context: context ?? this, once }]);
    return this;
  }

  private put(name: keyof Events, entries: Entry[]): void {
    if (entries.length > 0) this.entries.set(name, entries);
    else this.entries.delete(name);
  }
}
