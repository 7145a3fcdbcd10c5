/** Follows what is said: asks for what is new again and again, each time until there is some. */

/** What is new, as the server tells it to a page. The texts are HTML of its making, in which what people wrote is escaped. */
export interface News {
  lines: string;
  /** The signs at messages that were given some or lost them, by the messages' ids. */
  signs: Record<string, string>;
  /** What is pinned, if that may have changed. */
  pins?: string;
  /** From where the next news is asked for, and with what state. */
  after: number;
  state: string;
  present: string;
  count: string;
  free: string;
  /** Whether people may write. */
  open: boolean;
  /** How long to wait before the next question, in milliseconds. */
  pause: number;
}

export interface Follower {
  /** Asks for what is new; gives up when told to. */
  ask(signal: AbortSignal): Promise<Response>;
  news(news: News): void;
  /** The server does not answer; it is asked again. */
  lost(): void;
  /** It does again. */
  found(): void;
  /** There is nothing to follow any more, and why. */
  ended(message: string): void;
}

/** When nobody looks, nothing is asked for. */
export interface Gaze {
  /** Resolves when somebody looks. */
  looking(): Promise<void>;
  /** Calls back when nobody looks any more, and when the network goes or comes; gives what ends that. */
  changed(then: () => void): () => void;
}

/** How long is waited after the first failure, and at most, in milliseconds. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

/** Whether a status says that the reader is not in the room, or not any more. */
export function isOver(status: number): boolean {
  return [401, 403, 404, 410].includes(status);
}

/** Follows until the room has ended. `pause` resolves after so many milliseconds, or earlier when told to. */
export async function follow(
  follower: Follower,
  gaze: Gaze,
  pause: (millis: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  let failures = 0;
  for (;;) {
    await gaze.looking();
    const changed = new AbortController();
    const release = gaze.changed(() => changed.abort());
    try {
      const answer = await follower.ask(changed.signal);
      if (isOver(answer.status)) return follower.ended(((await answer.json()) as { message: string }).message);
      if (!answer.ok) throw new Error(answer.statusText);
      const news = (await answer.json()) as News;
      if (failures > 0) follower.found();
      failures = 0;
      follower.news(news);
      await pause(news.pause, changed.signal);
    } catch {
      if (!changed.signal.aborted) {
        follower.lost();
        await pause(Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE), changed.signal);
        failures += 1;
      }
    } finally {
      release();
    }
  }
}

/** A pause that a signal ends. */
export function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, millis);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** Whether a page is seen. */
export function gazeAt(page: Document): Gaze {
  return {
    looking: () =>
      new Promise((done) => {
        if (!page.hidden) return done();
        const look = () => {
          if (page.hidden) return;
          page.removeEventListener('visibilitychange', look);
          done();
        };
        page.addEventListener('visibilitychange', look);
      }),
    changed: (then) => {
      const end = new AbortController();
      page.addEventListener('visibilitychange', then, { signal: end.signal });
      for (const name of ['online', 'offline']) page.defaultView?.addEventListener(name, then, { signal: end.signal });
      return () => end.abort();
    },
  };
}
