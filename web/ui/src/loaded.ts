import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** What is on its way, there, or failed. What was there stays while it is loaded anew. */
export interface Loaded<T> {
  value: T | undefined;
  error: unknown;
  loading: boolean;
  /** Loads it again. */
  reload: () => void;
}

/**
 * Loads something when `key` changes, and every `everyMillis` while the page is seen, if that is given. Answers that are no
 * longer asked for are dropped.
 */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>, everyMillis?: number): Loaded<T> {
  const [state, setState] = useState<{ key: string; value: T | undefined; error: unknown; loading: boolean }>({
    key,
    value: undefined,
    error: undefined,
    loading: true,
  });
  const latest = useRef(load);
  latest.current = load;
  const [round, setRound] = useState(0);
  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      if (document.hidden) return;
      try {
        const value = await latest.current(ending.signal);
        if (!ending.signal.aborted) setState({ key, value, error: undefined, loading: false });
      } catch (error) {
        if (!ending.signal.aborted) setState((held) => ({ ...held, key, error, loading: false }));
      }
      if (everyMillis !== undefined && !ending.signal.aborted) timer = setTimeout(() => void run(), everyMillis);
    };
    const seen = () => {
      if (document.hidden) return;
      clearTimeout(timer);
      void run();
    };
    setState((held) =>
      held.key === key ? { ...held, loading: true } : { key, value: undefined, error: undefined, loading: true },
    );
    void run();
    document.addEventListener('visibilitychange', seen);
    return () => {
      ending.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [key, round, everyMillis]);
  const reload = useCallback(() => setRound((held) => held + 1), []);
  const current = state.key === key ? state : { value: undefined, error: undefined, loading: true };
  return { value: current.value, error: current.error, loading: current.loading, reload };
}
