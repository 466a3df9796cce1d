import { type WorkbenchError } from '../host.js';
import { type StorageEntry } from '../records.js';
import { type TreeRow } from '../ui/tree.js';

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
  | {
      kind: 'entry';
      key: string;
      depth: number;
      entry: StorageEntry;
      open: boolean;
      dataset: string | null;
      /** Place among its siblings, from 1, and how many they are; -1 where there are more than are known. */
      position: number;
      siblings: number;
    }
  | { kind: 'more' | 'busy' | 'empty'; key: string; depth: number; folder: string }
  | { kind: 'error'; key: string; depth: number; folder: string; error: WorkbenchError };

/** The rows of the tree as it stands open; a file knows the dataset whose folder it is in. */
export function placeRows(folders: Folders, open: ReadonlySet<string>, folder = '', depth = 0, dataset: string | null = null): PlaceRow[] {
  const found = folders.get(folder);
  const rows: PlaceRow[] = [];
  const siblings = found?.after === null ? found.entries.length : -1;
  for (const [i, entry] of (found?.entries ?? []).entries()) {
    const whose = entry.dataset ?? dataset;
    const isOpen = entry.kind === 'folder' && open.has(entry.path);
    rows.push({ kind: 'entry', key: entry.path, depth, entry, open: isOpen, dataset: whose, position: i + 1, siblings });
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

/** A row as the tree knows it. */
export type PlaceLine = TreeRow & { key: string; position?: number; siblings?: number; row: PlaceRow };

export const lineOf = (row: PlaceRow): PlaceLine => ({
  key: row.key,
  level: row.depth + 1,
  ...(row.kind === 'entry' ? { open: row.entry.kind === 'folder' ? row.open : undefined, position: row.position, siblings: row.siblings } : {}),
  row
});

/** What to name as a source to look at a file or a folder of the workspace; null of what is none. */
export const sourceOf = (entry: StorageEntry): string | null => {
  const inside = entry.path.startsWith('workspace/') ? entry.path.slice('workspace/'.length) : '';
  return inside && !inside.startsWith('.') ? inside + (entry.kind === 'folder' ? '/' : '') : null;
};
