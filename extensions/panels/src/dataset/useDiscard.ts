import { useCallback, useEffect, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';

/** How long a discarded record can be brought back. */
const UNDO = 8000;

/**
 * Records to be thrown away, after a time in which a person can think better of it. Who leaves meanwhile has decided: they are thrown
 * away then. `onAnswer` hears of those that the server was asked for, and of what went wrong.
 */
export function useDiscard(host: Host, name: string, onAnswer: (ids: ReadonlySet<string>, error?: WorkbenchError) => void) {
  const [waiting, setWaiting] = useState<readonly string[]>([]);
  const [sent, setSent] = useState<readonly string[]>([]);
  // The same as `waiting`, for what happens when no one draws any more.
  const pending = useRef<readonly string[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const answered = useRef(onAnswer);
  answered.current = onAnswer;

  const wait = useCallback((ids: readonly string[]) => {
    clearTimeout(timer.current);
    pending.current = ids;
    setWaiting(ids);
  }, []);
  const send = useCallback(() => {
    const ids = [...pending.current];
    wait([]);
    if (ids.length === 0) {
      return;
    }
    setSent(old => [...old, ...ids]);
    const gone = new Set(ids);
    const done = (error?: WorkbenchError) => {
      setSent(old => old.filter(id => !gone.has(id)));
      answered.current(gone, error);
    };
    host.call('ingest.discard', { name, ids }).then(
      () => done(),
      (problem: unknown) => done(WorkbenchError.from(problem))
    );
  }, [host, name, wait]);
  useEffect(() => {
    window.addEventListener('pagehide', send);
    return () => {
      window.removeEventListener('pagehide', send);
      send();
    };
  }, [send]);

  return {
    /** Those that can still be brought back. */
    waiting,
    /** Those that the server has been asked to throw away and has not answered about. */
    sent,
    discard: (ids: readonly string[]) => {
      wait([...pending.current, ...ids]);
      timer.current = setTimeout(send, UNDO);
    },
    undo: () => wait([])
  };
}
