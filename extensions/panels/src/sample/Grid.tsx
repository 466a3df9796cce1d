import { useMemo, useRef } from 'react';
import { asShown } from '../format.js';
import { type TableData } from '../records.js';
import { family } from '../types.js';
import { Icon, TypeIcon } from '../ui/Icon.js';
import { useGrid } from '../ui/useGrid.js';
import { columnWidths, useMeasure } from '../ui/widths.js';
import { masksOf } from './masks.js';

const ROW = 24;
/** Beside a column's name: its icon, and that the name is bolder than the values. */
const HEAD = 42;
const BOLD = 1.07;

/** Rows of a table, virtualised both ways. */
export function Grid({ data, label }: { data: TableData; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const measure = useMeasure(box);
  const widths = useMemo(() => columnWidths(data, measure, name => Math.max(56, measure(name) * BOLD + HEAD)), [data, measure]);
  const numeric = useMemo(() => data.columns.map(([, type]) => family(type) === 'number'), [data]);
  const masks = useMemo(() => masksOf(data), [data]);
  const grid = useGrid(box, { rows: data.rows.length, height: ROW, widths });

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
      <div className="wb-grid-head" role="row" aria-rowindex={1} style={{ width: grid.width }}>
        {grid.shown.map(item => {
          const [name, type] = data.columns[item.index]!;
          const mask = masks.get(item.index);
          return (
            <div
              key={item.key}
              role="columnheader"
              aria-colindex={item.index + 1}
              className={numeric[item.index] ? 'wb-grid-cell wb-number' : 'wb-grid-cell'}
              title={`${name}: ${type}${mask ? `, masked (${mask})` : ''}`}
              style={grid.place(item)}
            >
              {mask ? <Icon name="lock" className="wb-type-icon" /> : <TypeIcon family={family(type)} />}
              <span>{name}</span>
            </div>
          );
        })}
      </div>
      <div role="rowgroup" className="wb-grid-body" style={{ height: grid.height, width: grid.width }}>
        {grid.lines.map(line => (
          <div
            key={line.key}
            role="row"
            aria-rowindex={line.index + 2}
            className="wb-grid-row"
            style={grid.line(line)}
          >
            {grid.shown.map(item => {
              const value = data.rows[line.index]![item.index];
              const text = asShown(value, data.columns[item.index]![1]);
              return (
                <div
                  key={item.key}
                  role="cell"
                  aria-colindex={item.index + 1}
                  className={numeric[item.index] ? 'wb-grid-cell wb-number' : 'wb-grid-cell'}
                  title={text || undefined}
                  style={grid.place(item)}
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
