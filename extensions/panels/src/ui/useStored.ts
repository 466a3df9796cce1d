import { useCallback, useEffect, useRef, useState } from 'react';
import { type Host } from '../host.js';

/** A state that the host keeps over a reload. The third value says whether what was kept has been read. */
export function useStored<T extends object>(host: Host, key: string, initial: T): [T, (change: Partial<T>) => void, boolean] {
  const [state, setState] = useState(initial);
  const [ready, setReady] = useState(false);
  const changed = useRef<Partial<T>>({});

  useEffect(() => {
    let live = true;
    host.storage
      .get(key)
      .catch(() => undefined)
      .then(kept => {
        if (live) {
          // What the person did while it was read wins.
          setState(old => ({ ...old, ...(kept && typeof kept === 'object' ? kept : {}), ...changed.current }));
          setReady(true);
        }
      });
    return () => {
      live = false;
    };
  }, [host, key]);

  const waiting = useRef<(() => void) | null>(null);
  useEffect(() => {
    if (!ready) {
      return;
    }
    const save = () => {
      waiting.current = null;
      void host.storage.set(key, state);
    };
    waiting.current = save;
    const timer = setTimeout(save, 200);
    return () => clearTimeout(timer);
  }, [host, key, state, ready]);
  // Who leaves the page in that moment loses nothing either.
  useEffect(() => () => waiting.current?.(), [host, key]);

  const change = useCallback((part: Partial<T>) => {
    changed.current = { ...changed.current, ...part };
    setState(old => ({ ...old, ...part }));
  }, []);
  return [state, change, ready];
}
