import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type RefObject, useEffect } from 'react';

/** What is drawn before the box has been measured. */
const FIRST = { width: 800, height: 400 };

/** Rows of one height by columns of given widths in a box that scrolls: what of them is in sight, and where each stands. */
export function useGrid(
  box: RefObject<HTMLElement>,
  of: { rows: number; height: number; widths: readonly number[]; /** Pixels left and right of the columns. */ before?: number; after?: number }
) {
  const { widths } = of;
  const rows = useVirtualizer({
    count: of.rows,
    getScrollElement: () => box.current,
    estimateSize: () => of.height,
    overscan: 8,
    initialRect: FIRST
  });
  const columns = useVirtualizer({
    horizontal: true,
    count: widths.length,
    getScrollElement: () => box.current,
    estimateSize: i => widths[i]!,
    paddingStart: of.before ?? 0,
    paddingEnd: of.after ?? 0,
    overscan: 3,
    initialRect: FIRST
  });
  useEffect(() => columns.measure(), [widths, columns]);
  return {
    lines: rows.getVirtualItems(),
    shown: columns.getVirtualItems(),
    height: rows.getTotalSize(),
    width: columns.getTotalSize(),
    /** Where a column stands in its row. */
    place: (item: { start: number; size: number }): CSSProperties => ({ transform: `translateX(${item.start}px)`, width: item.size }),
    /** Where a row stands. */
    line: (item: { start: number }): CSSProperties => ({ transform: `translateY(${item.start}px)` }),
    /** Bring a cell into sight. */
    show: (row: number, column: number) => {
      rows.scrollToIndex(row, { align: 'auto' });
      columns.scrollToIndex(column, { align: 'auto' });
    }
  };
}
