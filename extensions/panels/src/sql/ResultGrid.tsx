import { type ClipboardEvent, type KeyboardEvent, type MouseEvent, useId, useMemo, useRef, useState } from 'react';
import { asShown, exact } from '../format.js';
import { type TableData } from '../records.js';
import { family } from '../types.js';
import { type Cell, move, within } from '../ui/cells.js';
import { Icon, TypeIcon } from '../ui/Icon.js';
import { useGrid } from '../ui/useGrid.js';
import { columnWidths, useMeasure } from '../ui/widths.js';
import { asText, type Sort } from './arrange.js';

const ROW = 24;
/** Beside a header's words: icons, gaps, and the arrow of a sorted column. */
const HEAD = 62;
const FIRST: Cell = { row: 0, column: 0 };

interface Range {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

const told = (type: string, mask: string | undefined): string => (mask ? `${type} · masked` : type);

const rangeOf = (a: Cell, b: Cell): Range => ({
  top: Math.min(a.row, b.row),
  bottom: Math.max(a.row, b.row),
  left: Math.min(a.column, b.column),
  right: Math.max(a.column, b.column)
});

/**
 * Rows of a result, by ARIA's grid pattern: the arrows move, with Shift they select, Ctrl+C copies, Enter shows a whole value. Above the first
 * row stand the headers, where Enter sorts.
 */
export function ResultGrid(props: {
  data: TableData;
  order: readonly number[];
  label: string;
  sort: Sort | null;
  /** By the column's place. */
  masks: ReadonlyMap<number, string>;
  onSort: (column: number) => void;
  onOpen: (name: string, value: unknown) => void;
  say: (words: string) => void;
}) {
  const { data, order, masks } = props;
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const measure = useMeasure(box);
  const widths = useMemo(
    () => columnWidths(data, measure, (name, type, place) => Math.max(64, measure(`${name} ${told(type, masks.get(place))}`) + HEAD)),
    [data, measure, masks]
  );
  const kinds = useMemo(() => data.columns.map(([, type]) => family(type)), [data]);
  const grid = useGrid(box, { rows: order.length, height: ROW, widths });
  const [active, setActive] = useState<Cell>(FIRST);
  const [from, setFrom] = useState<Cell>(FIRST);
  // Whether the keys are in the line of headers.
  const [above, setAbove] = useState(false);
  // A filter may have taken the rows away that they were in.
  const shown = (cell: Cell) => within(cell, order.length, data.columns.length);
  const [at, anchor] = [shown(active), shown(from)];
  const range = rangeOf(at, anchor);
  const valueAt = (cell: Cell) => data.rows[order[cell.row]!]?.[cell.column];

  // Where no row is left to go to, too: what is sorted may be filtered otherwise.
  const onHead = above || order.length === 0;

  const go = (to: Cell, extend: boolean) => {
    setAbove(false);
    setActive(to);
    setFrom(extend ? anchor : to);
    grid.show(to.row, to.column);
  };
  const open = () => order.length > 0 && props.onOpen(data.columns[at.column]![0], valueAt(at));

  /** A key in the line of headers; false where it is none of theirs. */
  const onHeadKey = (key: string, far: boolean): boolean => {
    const beside = ['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(key) ? move(key, false, at, 1, data.columns.length, 1, far ? Infinity : 1) : null;
    if (key === 'Enter' || key === ' ') {
      props.onSort(at.column);
    } else if (beside) {
      const to = { row: at.row, column: beside.column };
      setActive(to);
      setFrom(to);
      grid.show(to.row, to.column);
    } else if (key === 'ArrowDown' || key === 'Escape') {
      setAbove(false);
    } else {
      return key === 'ArrowUp';
    }
    return true;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW) - 2);
    const far = event.ctrlKey || event.metaKey;
    const to = move(event.key, far, at, order.length, data.columns.length, page, far ? Infinity : 1);
    if (onHead && onHeadKey(event.key, far)) {
      // Done.
    } else if (event.key === 'ArrowUp' && at.row === 0 && !far && !event.shiftKey) {
      setAbove(true);
    } else if (to) {
      go(to, event.shiftKey);
    } else if (event.key === 'Enter') {
      open();
    } else if (far && event.key.toLowerCase() === 'a') {
      setFrom(FIRST);
      setActive({ row: order.length - 1, column: data.columns.length - 1 });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const onCopy = (event: ClipboardEvent) => {
    event.preventDefault();
    if (order.length === 0) {
      return;
    }
    const rows = order.slice(range.top, range.bottom + 1).map(i => data.rows[i]!.slice(range.left, range.right + 1));
    event.clipboardData.setData('text/plain', asText(rows));
    const cells = rows.length * (range.right - range.left + 1);
    props.say(cells === 1 ? 'The cell was copied.' : `${exact(cells)} cells were copied.`);
  };

  const onCell = (event: MouseEvent, row: number, column: number) => go({ row, column }, event.shiftKey);
  const isIn = (row: number, column: number) => row >= range.top && row <= range.bottom && column >= range.left && column <= range.right;

  return (
    <div
      ref={box}
      className="wb-grid wb-sql-grid"
      role="grid"
      aria-label={props.label}
      aria-rowcount={order.length + 1}
      aria-colcount={data.columns.length}
      aria-multiselectable="true"
      aria-activedescendant={`${id}-${onHead ? 'head' : at.row}-${at.column}`}
      tabIndex={0}
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
      onCopy={onCopy}
    >
      <div className="wb-grid-head" role="row" aria-rowindex={1} style={{ width: grid.width }}>
        {grid.shown.map(item => {
          const [name, type] = data.columns[item.index]!;
          const mask = masks.get(item.index);
          const sorted = props.sort?.column === item.index ? (props.sort.down ? 'descending' : 'ascending') : 'none';
          return (
            <div
              key={item.key}
              id={`${id}-head-${item.index}`}
              role="columnheader"
              aria-colindex={item.index + 1}
              aria-sort={sorted}
              data-active={(onHead && at.column === item.index) || undefined}
              className={kinds[item.index] === 'number' ? 'wb-grid-cell wb-number' : 'wb-grid-cell'}
              style={grid.place(item)}
            >
              <button
                type="button"
                tabIndex={-1}
                className="wb-sql-head"
                title={`${name}: ${type}${mask ? `, masked (${mask})` : ''}. Press to sort.`}
                onClick={() => props.onSort(item.index)}
              >
                {mask ? <Icon name="lock" className="wb-type-icon" /> : <TypeIcon family={kinds[item.index]!} />}
                <span className="wb-sql-name">{name}</span>
                <span className="wb-sql-type">{told(type, mask)}</span>
                {sorted !== 'none' && <span aria-hidden="true">{sorted === 'ascending' ? '▲' : '▼'}</span>}
              </button>
            </div>
          );
        })}
      </div>
      <div role="rowgroup" className="wb-grid-body" style={{ height: grid.height, width: grid.width }}>
        {grid.lines.map(line => (
          <div key={line.key} role="row" aria-rowindex={line.index + 2} className="wb-grid-row" style={grid.line(line)}>
            {grid.shown.map(item => {
              const value = data.rows[order[line.index]!]?.[item.index];
              const text = asShown(value, data.columns[item.index]![1]);
              const selected = isIn(line.index, item.index);
              const active = !onHead && at.row === line.index && at.column === item.index;
              return (
                <div
                  key={item.key}
                  id={`${id}-${line.index}-${item.index}`}
                  role="gridcell"
                  aria-colindex={item.index + 1}
                  aria-selected={selected}
                  data-active={active || undefined}
                  className={kinds[item.index] === 'number' ? 'wb-grid-cell wb-number' : 'wb-grid-cell'}
                  title={text.slice(0, 1000) || undefined}
                  style={grid.place(item)}
                  onClick={event => onCell(event, line.index, item.index)}
                  onDoubleClick={() => props.onOpen(data.columns[item.index]![0], value)}
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
