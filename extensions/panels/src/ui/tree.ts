/** Pixels of a row of one line. */
export const ROW_HEIGHT = 26;

/** What the keyboard needs to know of a row of a tree. */
export interface TreeRow {
  /** How deep it stands. */
  level: number;
  /** Whether it stands open; undefined where there is nothing to open. */
  open?: boolean;
}

/** The row that the left arrow goes to from `index`: the nearest one above on a lower level, or itself. */
export function parentIndex(rows: readonly { level: number }[], index: number): number {
  const level = rows[index]?.level ?? 0;
  for (let i = index - 1; i >= 0; i--) {
    if (rows[i]!.level < level) {
      return i;
    }
  }
  return index;
}

/** Where the keyboard was: a row, how far below its parent it stood, and that parent. */
export interface Spot {
  key: string;
  parent: string;
  below: number;
}

/** What is to be remembered of the row at `index`; null of one that has no parent. */
export function spotAt(rows: readonly { key: string; level: number }[], index: number): Spot | null {
  const parent = parentIndex(rows, index);
  return parent === index ? null : { key: rows[index]!.key, parent: rows[parent]!.key, below: index - parent };
}

/** The row for the keyboard to go on at where the one at `spot` is gone: that which stands there now below the same parent, else the parent; -1 where that is gone, too. */
export function heirOf(rows: readonly { key: string; level: number }[], spot: Spot): number {
  const parent = rows.findIndex(row => row.key === spot.parent);
  if (parent < 0) {
    return -1;
  }
  const end = rows.findIndex((row, i) => i > parent && row.level <= rows[parent]!.level);
  return Math.min(parent + spot.below, (end < 0 ? rows.length : end) - 1);
}

/** Where a key leads to from the row at `at`, by ARIA's pattern of a tree: a row, or `toggle` it; null where the key means nothing here. */
export function treeStep(key: string, rows: readonly TreeRow[], at: number, page: number): number | 'toggle' | null {
  const last = rows.length - 1;
  const row = rows[at];
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, at + 1);
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'PageDown':
      return Math.min(last, at + page);
    case 'PageUp':
      return Math.max(0, at - page);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'ArrowRight':
      return row?.open === undefined ? null : row.open ? Math.min(last, at + 1) : 'toggle';
    case 'ArrowLeft':
      return row?.open ? 'toggle' : parentIndex(rows, at);
    default:
      return null;
  }
}
