import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { cell } from '../format.js';
import { type TableData } from '../records.js';
import { family } from '../types.js';
import { TypeIcon } from '../ui/Icon.js';

const ROW = 24;
const CHARACTER = 7;

/** Wide enough for the head and the longer of the first values, within reason. */
function columnWidths(data: TableData): number[] {
  return data.columns.map(([name], i) => {
    const longest = data.rows.slice(0, 50).reduce((most, row) => Math.max(most, cell(row[i]).length), 0);
    return Math.min(280, Math.max(56, Math.max(name.length * (CHARACTER + 0.5) + 42, longest * CHARACTER + 20)));
  });
}

/** Rows of a table, virtualised both ways. */
export function Grid({ data, label }: { data: TableData; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const widths = useMemo(() => columnWidths(data), [data]);
  const numeric = useMemo(() => data.columns.map(([, type]) => family(type) === 'number'), [data]);
  const rows = useVirtualizer({
    count: data.rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 8,
    initialRect: { width: 600, height: 400 }
  });
  const columns = useVirtualizer({
    horizontal: true,
    count: data.columns.length,
    getScrollElement: () => box.current,
    estimateSize: i => widths[i]!,
    overscan: 3,
    initialRect: { width: 600, height: 400 }
  });
  const shown = columns.getVirtualItems();
  const place = (item: (typeof shown)[number]) => ({ transform: `translateX(${item.start}px)`, width: item.size });

  return (
    <div
      ref={box}
      className="wb-grid"
      role="table"
      aria-label={label}
      aria-rowcount={data.rows.length + 1}
      aria-colcount={data.columns.length}
      tabIndex={0}
      data-lm-suppress-shortcuts="true"
    >
      <div className="wb-grid-head" role="row" aria-rowindex={1} style={{ width: columns.getTotalSize() }}>
        {shown.map(item => {
          const [name, type] = data.columns[item.index]!;
          return (
            <div
              key={item.key}
              role="columnheader"
              aria-colindex={item.index + 1}
              className={numeric[item.index] ? 'wb-grid-cell wb-number' : 'wb-grid-cell'}
              title={`${name}: ${type}`}
              style={place(item)}
            >
              <TypeIcon family={family(type)} />
              <span>{name}</span>
            </div>
          );
        })}
      </div>
      <div role="rowgroup" className="wb-grid-body" style={{ height: rows.getTotalSize(), width: columns.getTotalSize() }}>
        {rows.getVirtualItems().map(line => (
          <div
            key={line.key}
            role="row"
            aria-rowindex={line.index + 2}
            className="wb-grid-row"
            style={{ transform: `translateY(${line.start}px)` }}
          >
            {shown.map(item => {
              const value = data.rows[line.index]![item.index];
              const text = cell(value);
              return (
                <div
                  key={item.key}
                  role="cell"
                  aria-colindex={item.index + 1}
                  className={numeric[item.index] ? 'wb-grid-cell wb-number' : 'wb-grid-cell'}
                  title={typeof value === 'number' ? String(value) : text || undefined}
                  style={place(item)}
                >
                  {value === null || value === undefined ? <span className="wb-null">null</span> : text}
                </div>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}
