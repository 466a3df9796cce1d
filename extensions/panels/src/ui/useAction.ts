import { useCallback, useEffect, useRef, useState } from 'react';
import { WorkbenchError } from '../host.js';

export interface Action<A extends unknown[]> {
  run: (...args: A) => Promise<boolean>;
  busy: boolean;
  error: WorkbenchError | undefined;
  forget: () => void;
}

/** Something a person does that may fail: whether it is under way, and what went wrong. `run` says whether it went well. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Action<A> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<WorkbenchError>();
  const latest = useRef(work);
  latest.current = work;
  const live = useRef(true);
  useEffect(() => {
    live.current = true;
    return () => {
      live.current = false;
    };
  }, []);
  const run = useCallback(async (...args: A) => {
    setBusy(true);
    setError(undefined);
    try {
      await latest.current(...args);
      return true;
    } catch (problem) {
      if (live.current) {
        setError(WorkbenchError.from(problem));
      }
      return false;
    } finally {
      if (live.current) {
        setBusy(false);
      }
    }
  }, []);
  const forget = useCallback(() => setError(undefined), []);
  return { run, busy, error, forget };
}
