import { useCallback, useEffect, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type Folder, type Folders } from './places.js';

const UNREAD: Folder = { entries: [], after: null, busy: true };

export interface FoldersRead {
  folders: Folders;
  /** Read what comes next of a folder, or again what failed. */
  more: (path: string) => void;
  reload: () => void;
}

/** The folders that stand open, and the places; each is read once, a page at a time. */
export function useFolders(host: Host, open: readonly string[]): FoldersRead {
  const [folders, setFolders] = useState<Folders>(new Map());
  const latest = useRef(folders);
  latest.current = folders;
  const round = useRef(0);

  const read = useCallback(
    (path: string) => {
      const before = latest.current.get(path);
      const mine = round.current;
      const put = (change: Partial<Folder>) =>
        mine === round.current && setFolders(old => new Map(old).set(path, { ...(old.get(path) ?? UNREAD), ...change }));
      put({ busy: true, error: undefined });
      host.call('catalog.storage', { path, ...(before?.after ? { after: before.after } : {}) }).then(
        found => put({ entries: [...(before?.entries ?? []), ...found.entries], after: found.after, busy: false }),
        (error: unknown) => put({ busy: false, error: WorkbenchError.from(error) })
      );
    },
    [host]
  );
  const wanted = ['', ...open].join('\n');
  useEffect(() => {
    wanted.split('\n').filter(path => !folders.has(path)).forEach(read);
  }, [wanted, folders, read]);
  const reload = useCallback(() => {
    round.current += 1;
    setFolders(new Map());
  }, []);
  return { folders, more: read, reload };
}
