import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useId, useRef } from 'react';
import { useTypeAhead } from '../ui/useTypeAhead.js';
import { parentIndex, ROW_HEIGHT, type Row as RowData, rowHeight, rowText } from './rows.js';
import { Row, type RowActions } from './Row.js';

/**
 * A virtualised tree by ARIA's pattern: the focus stays on the tree, the active row is named by `aria-activedescendant`.
 */
export function Tree(props: {
  label: string;
  rows: RowData[];
  query: string;
  active: string | null;
  selected: string | null;
  /** A row to bring into sight as soon as it is there. */
  sought?: string | null;
  onSought?: () => void;
  onActive: (key: string) => void;
  onEscape: () => void;
  actions: RowActions;
}) {
  const { rows, actions } = props;
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const seek = useTypeAhead();
  const found = rows.findIndex(row => row.key === props.active);
  const index = found < 0 ? 0 : found;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: i => rowHeight(rows[i]!),
    getItemKey: i => rows[i]!.key,
    overscan: 10,
    initialRect: { width: 280, height: 600 }
  });

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

  const go = (to: number) => rows[to] && props.onActive(rows[to].key);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const row = rows[index];
    const opens = row?.kind === 'zone' || row?.kind === 'group' || row?.kind === 'dataset';
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    switch (event.key) {
      case 'ArrowDown':
        go(Math.min(rows.length - 1, found < 0 ? 0 : index + 1));
        break;
      case 'ArrowUp':
        go(Math.max(0, index - 1));
        break;
      case 'PageDown':
        go(Math.min(rows.length - 1, index + page));
        break;
      case 'PageUp':
        go(Math.max(0, index - page));
        break;
      case 'Home':
        go(0);
        break;
      case 'End':
        go(rows.length - 1);
        break;
      case 'ArrowRight':
        if (row && opens) {
          if (row.open) {
            go(index + 1);
          } else {
            actions.onToggle(row);
          }
        }
        break;
      case 'ArrowLeft':
        if (row && opens && row.open) {
          actions.onToggle(row);
        } else {
          go(parentIndex(rows, index));
        }
        break;
      case 'Enter':
        if (row) {
          actions.onOpen(row);
        }
        break;
      case ' ':
        if (row) {
          actions.onPick(row);
        }
        break;
      case 'Escape':
        props.onEscape();
        break;
      case 'ContextMenu':
      case 'F10':
        if (event.key === 'F10' && !event.shiftKey) {
          return;
        }
        if (row) {
          const line = document.getElementById(`${id}-${row.key}`)?.getBoundingClientRect();
          actions.onMenu(row, (line?.left ?? 0) + 24, line?.bottom ?? 0);
        }
        break;
      default:
        if (event.key.length !== 1 || rows.length === 0) {
          return;
        }
        go(seek(rows.map(rowText), index, event));
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
      aria-activedescendant={rows[index] ? `${id}-${rows[index].key}` : undefined}
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
          return (
            <Row
              key={row.key}
              id={`${id}-${row.key}`}
              row={row}
              query={props.query}
              active={item.index === index && props.active !== null}
              selected={row.key === props.selected}
              top={item.start}
              actions={actions}
            />
          );
        })}
      </div>
    </div>
  );
}
