import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { heirOf, ROW_HEIGHT, type Spot, spotAt, type TreeRow, treeStep } from './tree.js';
import { useTypeAhead } from './useTypeAhead.js';

/** A row as its tree places it. */
export interface RowPlace {
  id: string;
  top: number;
  active: boolean;
}

export interface VirtualTreeProps<T extends TreeRow & { key: string }> {
  label: string;
  rows: readonly T[];
  /** The key of the row that the keyboard is at. */
  active: string | null;
  onActive: (key: string) => void;
  onToggle: (row: T) => void;
  /** Enter. */
  onOpen: (row: T) => void;
  /** The space bar. */
  onPick: (row: T) => void;
  onEscape?: () => void;
  /** The key for the menu, with where it is to be. */
  onMenu?: (row: T, x: number, y: number) => void;
  /** A row to bring into sight as soon as it is there. */
  sought?: string | null;
  onSought?: () => void;
  /** Pixels. */
  heightOf?: (row: T) => number;
  /** What type-ahead compares with. */
  textOf: (row: T) => string;
  draw: (row: T, place: RowPlace) => ReactNode;
}

/** A tree by ARIA's pattern, of which only what is in sight is drawn: the focus stays on it, the active row is named by `aria-activedescendant`. */
export function VirtualTree<T extends TreeRow & { key: string }>(props: VirtualTreeProps<T>) {
  const { rows, heightOf } = props;
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const seek = useTypeAhead();
  const found = rows.findIndex(row => row.key === props.active);
  const index = found < 0 ? 0 : found;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: i => heightOf?.(rows[i]!) ?? ROW_HEIGHT,
    getItemKey: i => rows[i]!.key,
    overscan: 10,
    initialRect: { width: 280, height: 600 }
  });

  // "Reading…" gives way to what was read, a dataset may be dropped: the keyboard goes on there, not at the top.
  const spot = useRef<Spot | null>(null);
  useEffect(() => {
    if (found >= 0) {
      spot.current = spotAt(rows, found);
    } else if (spot.current && spot.current.key === props.active) {
      const heir = rows[heirOf(rows, spot.current)];
      if (heir) {
        props.onActive(heir.key);
      }
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rows, props.active]);

  // A row may have grown or lost its second line under the same key.
  useEffect(() => virtual.measure(), [rows, virtual]);
  useEffect(() => {
    if (found >= 0 && box.current?.contains(document.activeElement)) {
      virtual.scrollToIndex(found, { align: 'auto' });
    }
    // Only a move of the person's may scroll, not rows that come and go.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [props.active]);
  useEffect(() => {
    const at = props.sought ? rows.findIndex(row => row.key === props.sought) : -1;
    if (at >= 0) {
      virtual.scrollToIndex(at, { align: 'center' });
      props.onSought?.();
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rows, props.sought]);

  // An id holds no space.
  const idOf = (row: T) => `${id}-${encodeURIComponent(row.key)}`;
  const go = (to: number) => rows[to] && props.onActive(rows[to].key);
  const menu = (row: T) => {
    const line = document.getElementById(idOf(row))?.getBoundingClientRect();
    props.onMenu?.(row, (line?.left ?? 0) + 24, line?.bottom ?? 0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[index];
    if (event.ctrlKey || event.metaKey || event.altKey || !row) {
      return;
    }
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    // Where the keyboard was nowhere yet, the first step is to the first row.
    const step = event.key === 'ArrowDown' && found < 0 ? 0 : treeStep(event.key, rows, index, page);
    if (step === 'toggle') {
      props.onToggle(row);
    } else if (step !== null) {
      go(step);
    } else if (event.key === 'Enter') {
      props.onOpen(row);
    } else if (event.key === ' ') {
      props.onPick(row);
    } else if (event.key === 'Escape' && props.onEscape) {
      props.onEscape();
    } else if (props.onMenu && (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey))) {
      menu(row);
    } else if (event.key.length === 1) {
      go(seek(rows.map(props.textOf), index, event));
    } else if (event.key !== 'ArrowRight') {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={box}
      className="wb-tree"
      role="tree"
      aria-label={props.label}
      aria-activedescendant={rows[index] && idOf(rows[index])}
      tabIndex={0}
      // Lab's own keys (Shift Enter, arrows in a notebook) stay out of the tree.
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
      // Not by the mouse: the row that is being clicked would move away below it.
      onFocus={event => found < 0 && event.currentTarget.matches(':focus-visible') && go(0)}
    >
      <div className="wb-tree-rows" role="presentation" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(item => {
          const row = rows[item.index]!;
          return props.draw(row, { id: idOf(row), top: item.start, active: item.index === index && props.active !== null });
        })}
      </div>
    </div>
  );
}
