import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';

const HEIGHT = 28;

/** A table of which only the rows in sight are drawn; the widths of its columns are the style's, by `className`. */
export function VirtualRows<T>(props: {
  label: string;
  className: string;
  head: readonly string[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  selected?: string | null;
  cells: (row: T) => ReactNode[];
  /** The last row has come into sight: where there are more, it is time for them. */
  onEnd?: () => void;
}) {
  const { rows, keyOf } = props;
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT,
    getItemKey: i => keyOf(rows[i]!),
    overscan: 10,
    initialRect: { width: 800, height: 400 }
  });
  const items = virtual.getVirtualItems();
  const { onEnd } = props;
  const atEnd = items.at(-1)?.index === rows.length - 1;
  useEffect(() => {
    if (atEnd) {
      onEnd?.();
    }
  }, [atEnd, rows.length, onEnd]);
  return (
    <div ref={box} className={`wb-rows ${props.className}`} role="table" aria-label={props.label} aria-rowcount={rows.length + 1} tabIndex={-1}>
      <div role="row" aria-rowindex={1} className="wb-rows-line wb-rows-head">
        {props.head.map(word => (
          <span key={word} role="columnheader">
            {word}
          </span>
        ))}
      </div>
      <div role="rowgroup" className="wb-rows-body" style={{ height: virtual.getTotalSize() }}>
        {items.map(item => {
          const row = rows[item.index]!;
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={props.selected === undefined ? undefined : props.selected === keyOf(row)}
              className="wb-rows-line"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {props.cells(row).map((cell, i) => (
                <span key={i} role="cell" title={typeof cell === 'string' ? cell || undefined : undefined}>
                  {cell}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
