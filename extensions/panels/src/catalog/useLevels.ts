import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type Level, type Levels, openLevels, readLevel, ROOT } from './levels.js';

export interface LevelsRead {
  levels: Levels;
  root: Level | undefined;
  /** Read again what stands open. What is shut is read when it is opened the next time. */
  reload: () => void;
  /** Read a level to its `pages`th page; without, one page more than was read. */
  more: (key: string, pages?: number) => void;
}

const UNREAD: Level = { nodes: [], after: null, pages: 0, busy: true };

/** The tree, of which only what stands open is read; nothing before `ready`. */
export function useLevels(host: Host, open: ReadonlySet<string>, ready: boolean): LevelsRead {
  const [levels, setLevels] = useState<Levels>(new Map());
  const flights = useRef(new Map<string, AbortController>());

  const read = useCallback(
    (key: string, pages: number, before?: Level) => {
      flights.current.get(key)?.abort();
      const flight = new AbortController();
      flights.current.set(key, flight);
      const put = (change: Partial<Level>) =>
        flights.current.get(key) === flight && setLevels(old => new Map(old).set(key, { ...(old.get(key) ?? UNREAD), ...change }));
      put({ busy: true });
      readLevel(host, key, pages, before, flight.signal)
        .then(
          found => put({ ...found, busy: false, error: undefined }),
          (error: unknown) => put({ busy: false, error: WorkbenchError.from(error) })
        )
        .finally(() => flights.current.get(key) === flight && flights.current.delete(key));
    },
    [host]
  );
  useEffect(() => {
    const all = flights.current;
    return () => {
      all.forEach(flight => flight.abort());
      all.clear();
    };
  }, [host]);

  const wanted = useMemo(() => (ready ? openLevels(levels, open) : []), [levels, open, ready]);
  useEffect(() => {
    wanted.filter(key => !levels.has(key) && !flights.current.has(key)).forEach(key => read(key, 1));
  }, [wanted, levels, read]);

  const latest = useRef({ levels, wanted });
  latest.current = { levels, wanted };
  const reload = useCallback(() => {
    const { levels: known, wanted: seen } = latest.current;
    setLevels(old => new Map([...old].filter(([key]) => seen.includes(key))));
    seen.forEach(key => read(key, Math.max(1, known.get(key)?.pages ?? 1)));
  }, [read]);
  const more = useCallback(
    (key: string, pages?: number) => {
      const known = latest.current.levels.get(key);
      const next = pages ?? (known?.pages ?? 0) + 1;
      if (next > (known?.pages ?? 0)) {
        read(key, next, known);
      }
    },
    [read]
  );
  return { levels, root: levels.get(ROOT), reload, more };
}
