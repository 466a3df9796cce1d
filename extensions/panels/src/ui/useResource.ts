import { useCallback, useEffect, useRef, useState } from 'react';
import { WorkbenchError } from '../host.js';

export interface Resource<T> {
  data: T | undefined;
  error: WorkbenchError | undefined;
  loading: boolean;
  reload: () => void;
}

/**
 * Load when `key` changes and on `reload`. What was there stays while the same key is loaded again; an answer that comes
 * too late is dropped. `key` null loads nothing.
 */
export function useResource<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: WorkbenchError; loading: boolean }>({
    key: null,
    loading: false
  });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    if (key === null) {
      setState({ key: null, loading: false });
      return;
    }
    const aborter = new AbortController();
    setState(old => ({ ...(old.key === key ? old : {}), key, loading: true }));
    latest.current(aborter.signal).then(
      data => aborter.signal.aborted || setState({ key, data, loading: false }),
      (error: unknown) => {
        if (!aborter.signal.aborted) {
          setState(old => ({ ...old, key, error: WorkbenchError.from(error), loading: false }));
        }
      }
    );
    return () => aborter.abort();
  }, [key, round]);

  const reload = useCallback(() => setRound(n => n + 1), []);
  const current = state.key === key;
  return {
    data: current ? state.data : undefined,
    error: current ? state.error : undefined,
    loading: current ? state.loading : key !== null,
    reload
  };
}

/** `resource`, with what was there for the same `owner` until the next answer is here: a page that is read again does not go blank. */
export function useKept<T>(resource: Resource<T>, owner: string): Resource<T> {
  const last = useRef<{ owner: string; data: T }>();
  if (resource.data !== undefined) {
    last.current = { owner, data: resource.data };
  }
  return last.current?.owner === owner && !resource.error ? { ...resource, data: last.current.data } : resource;
}

/** True once `active` has been so for `delay` milliseconds: what is quick shows no skeleton. */
export function useSlow(active: boolean, delay = 150): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!active) {
      setSlow(false);
      return;
    }
    const timer = setTimeout(() => setSlow(true), delay);
    return () => clearTimeout(timer);
  }, [active, delay]);
  return active && slow;
}

/** `value`, once it has stood still for `delay` milliseconds. */
export function useDebounced<T>(value: T, delay = 150): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return settled;
}
