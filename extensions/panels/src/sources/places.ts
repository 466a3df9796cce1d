import { type WorkbenchError } from '../host.js';
import { type StorageEntry } from '../records.js';

/** What was read of a folder so far. */
export interface Folder {
  entries: StorageEntry[];
  after: string | null;
  busy: boolean;
  error?: WorkbenchError;
}
/** Folders by their path; the places themselves by ''. */
export type Folders = ReadonlyMap<string, Folder>;

export type PlaceRow =
  | { kind: 'entry'; key: string; depth: number; entry: StorageEntry; open: boolean; dataset: string | null }
  | { kind: 'more' | 'busy' | 'empty'; key: string; depth: number; folder: string }
  | { kind: 'error'; key: string; depth: number; folder: string; error: WorkbenchError };

/** The rows of the tree as it stands open; a file knows the dataset whose folder it is in. */
export function placeRows(folders: Folders, open: ReadonlySet<string>, folder = '', depth = 0, dataset: string | null = null): PlaceRow[] {
  const found = folders.get(folder);
  const rows: PlaceRow[] = [];
  for (const entry of found?.entries ?? []) {
    const whose = entry.dataset ?? dataset;
    const isOpen = entry.kind === 'folder' && open.has(entry.path);
    rows.push({ kind: 'entry', key: entry.path, depth, entry, open: isOpen, dataset: whose });
    if (isOpen) {
      rows.push(...placeRows(folders, open, entry.path, depth + 1, whose));
    }
  }
  if (found?.error) {
    rows.push({ kind: 'error', key: `${folder}/error`, depth, folder, error: found.error });
  } else if (!found || found.busy) {
    rows.push({ kind: 'busy', key: `${folder}/busy`, depth, folder });
  } else if (found.after !== null) {
    rows.push({ kind: 'more', key: `${folder}/more`, depth, folder });
  } else if (found.entries.length === 0) {
    rows.push({ kind: 'empty', key: `${folder}/empty`, depth, folder });
  }
  return rows;
}

/** Where a key of the keyboard leads to: a row, or what is to be opened or shut; null where it means nothing here. */
export function stepOf(key: string, rows: readonly PlaceRow[], at: number): { to: number } | { toggle: string } | null {
  const row = rows[at];
  const last = rows.length - 1;
  const isFolder = row?.kind === 'entry' && row.entry.kind === 'folder';
  switch (key) {
    case 'ArrowDown':
      return { to: Math.min(last, at + 1) };
    case 'ArrowUp':
      return { to: Math.max(0, at - 1) };
    case 'Home':
      return { to: 0 };
    case 'End':
      return { to: last };
    case 'ArrowRight':
      if (!isFolder) {
        return null;
      }
      return row.open ? { to: Math.min(last, at + 1) } : { toggle: row.key };
    case 'ArrowLeft': {
      if (isFolder && row.open) {
        return { toggle: row.key };
      }
      const depth = row?.depth ?? 0;
      const above = rows.reduce((found, each, i) => (i < at && each.depth < depth ? i : found), 0);
      return { to: above };
    }
    default:
      return null;
  }
}

/** What to name as a source to look at a file or a folder of the workspace; null of what is none. */
export const sourceOf = (entry: StorageEntry): string | null => {
  const inside = entry.path.startsWith('workspace/') ? entry.path.slice('workspace/'.length) : '';
  return inside && !inside.startsWith('.') ? inside + (entry.kind === 'folder' ? '/' : '') : null;
};
