import { type KeyboardEvent, useId, useMemo, useRef, useState } from 'react';
import { exact } from '../format.js';
import { type Misfit } from '../records.js';
import { type Family } from '../types.js';
import { IconButton } from '../ui/Button.js';
import { type Cell, move, within } from '../ui/cells.js';
import { useGrid } from '../ui/useGrid.js';
import { columnWidth, useMeasure } from '../ui/widths.js';
import { cellText, type Edits, isWrong, whyWrong } from './corrections.js';

const ROW = 26;
const ACTION = 32;
/** What was typed stands in bold, which is so much wider than what is measured. */
const BOLD = 1.12;
/** The most that a reason takes of a line. */
const REASON = 420;

/**
 * Records that do not fit, each cell to be corrected. A grid by ARIA's pattern: the focus stays on the grid, the active cell is named by
 * `aria-activedescendant`. As in a spreadsheet a click only goes to a cell; a double click, Enter, F2 or a letter begins to write. Enter keeps
 * what was written and goes down, Tab to the right, Escape leaves the cell as it was, Control Z takes the last change back. Enter on the last cell of a row discards it.
 */
export function QuarantineGrid(props: {
  label: string;
  columns: string[];
  /** What kind of values the dataset's columns have. */
  kinds: ReadonlyMap<string, Family>;
  misfits: Misfit[];
  edits: Edits;
  onEdit: (misfit: Misfit, column: string, text: string) => void;
  onUndo: () => void;
  onDiscard: (misfit: Misfit) => void;
}) {
  const { columns, misfits, edits } = props;
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState<Cell>({ row: 0, column: firstWrong(columns, misfits[0]) });
  const [writing, setWriting] = useState<string | null>(null);
  // Who is done with a cell leaves its input, too; only who leaves it otherwise has not said what becomes of the text.
  const done = useRef(false);
  const measure = useMeasure(box);
  const { kinds } = props;
  const stored = useMemo(
    () =>
      columns.map(column =>
        columnWidth(
          misfits.map(misfit => misfit.row[column] ?? ''),
          kinds.get(column) ?? 'text',
          measure,
          Math.max(72, measure(column) + 24)
        )
      ),
    [columns, misfits, kinds, measure]
  );
  // Of a change only what was typed is measured.
  const widths = useMemo(
    () =>
      columns.map((column, i) => {
        const typed = Object.values(edits).map(row => row[column] ?? '');
        return Math.max(stored[i]!, typed.length > 0 ? Math.ceil(columnWidth(typed, kinds.get(column) ?? 'text', measure, 0) * BOLD) : 0);
      }),
    [columns, stored, edits, kinds, measure]
  );
  const line = useMemo(() => columnWidth(misfits.map(misfit => (misfit.line === null ? '' : exact(misfit.line))), 'number', measure, 56), [misfits, measure]);
  const reason = useMemo(() => columnWidth(misfits.map(misfit => misfit.reason), 'text', measure, 180, REASON), [misfits, measure]);
  const before = line + reason;
  const grid = useGrid(box, { rows: misfits.length, height: ROW, widths, before, after: ACTION });
  // The last of a row's cells is the button that discards it.
  const last = columns.length;
  const at = within(active, misfits.length, last + 1);
  const misfit = misfits[at.row];
  const column = columns[at.column];

  const go = (to: Cell) => {
    setActive(to);
    grid.show(to.row, Math.min(to.column, last - 1));
    if (to.column === last) {
      box.current?.scrollTo({ left: grid.width });
    }
  };
  const finish = (keep: boolean, then?: Cell) => {
    if (keep && writing !== null && misfit && column !== undefined) {
      props.onEdit(misfit, column, writing);
    }
    done.current = true;
    setWriting(null);
    box.current?.focus();
    if (then) {
      go(then);
    }
  };
  const begin = (text?: string) => {
    if (misfit && column !== undefined) {
      done.current = false;
      setWriting(text ?? cellText(misfit, edits, column) ?? '');
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (writing !== null || !misfit) {
      return;
    }
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW) - 2);
    const to = move(event.key, event.ctrlKey || event.metaKey, at, misfits.length, last + 1, page);
    if (to) {
      go(to);
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') {
      props.onUndo();
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (column === undefined) {
      if (event.key !== 'Enter' && event.key !== ' ') {
        return;
      }
      props.onDiscard(misfit);
    } else if (event.key === 'Enter' || event.key === 'F2') {
      begin();
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      props.onEdit(misfit, column, '');
    } else if (event.key.length === 1) {
      begin(event.key);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const onWritingKey = (event: KeyboardEvent) => {
    const below = { row: Math.min(misfits.length - 1, at.row + 1), column: at.column };
    const beside = { row: at.row, column: Math.max(0, Math.min(columns.length - 1, at.column + (event.shiftKey ? -1 : 1))) };
    if (event.key === 'Enter') {
      finish(true, below);
    } else if (event.key === 'Tab') {
      finish(true, beside);
    } else if (event.key === 'Escape') {
      finish(false);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={box}
      className="wb-grid wb-quarantine-grid"
      role="grid"
      aria-label={props.label}
      aria-rowcount={misfits.length + 1}
      aria-colcount={columns.length + 3}
      aria-activedescendant={misfit ? `${id}-${at.row}-${at.column}` : undefined}
      tabIndex={0}
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
    >
      <div className="wb-grid-head" role="row" aria-rowindex={1} style={{ width: grid.width }}>
        <div role="columnheader" aria-colindex={1} className="wb-grid-cell wb-number" style={{ width: line }}>
          <span>Line</span>
        </div>
        <div role="columnheader" aria-colindex={2} className="wb-grid-cell" style={{ transform: `translateX(${line}px)`, width: reason }}>
          <span>Why it does not fit</span>
        </div>
        {grid.shown.map(item => (
          <div
            key={item.key}
            role="columnheader"
            aria-colindex={item.index + 3}
            className="wb-grid-cell"
            title={columns[item.index]}
            style={grid.place(item)}
          >
            <span>{columns[item.index]}</span>
          </div>
        ))}
      </div>
      <div role="rowgroup" className="wb-grid-body" style={{ height: grid.height, width: grid.width }}>
        {grid.lines.map(virtual => {
          const each = misfits[virtual.index]!;
          return (
            <div
              key={each.id}
              role="row"
              aria-rowindex={virtual.index + 2}
              className="wb-grid-row"
              data-changed={edits[each.id] !== undefined || undefined}
              style={grid.line(virtual)}
            >
              <div role="rowheader" aria-colindex={1} className="wb-grid-cell wb-number" style={{ width: line }} title={each.file}>
                {each.line === null ? '' : exact(each.line)}
              </div>
              <div
                role="gridcell"
                aria-colindex={2}
                className="wb-grid-cell wb-reason"
                title={each.text ? `${each.reason}\n${each.text}` : each.reason}
                style={{ transform: `translateX(${line}px)`, width: reason }}
              >
                {each.reason}
              </div>
              {grid.shown.map(item => {
                const name = columns[item.index]!;
                const text = cellText(each, edits, name);
                const here = at.row === virtual.index && at.column === item.index;
                const changed = edits[each.id]?.[name] !== undefined;
                const why = whyWrong(each, name);
                const wrong = isWrong(each, edits, name);
                return (
                  <div
                    key={item.key}
                    id={`${id}-${virtual.index}-${item.index}`}
                    role="gridcell"
                    aria-colindex={item.index + 3}
                    aria-selected={here}
                    aria-invalid={wrong}
                    className="wb-grid-cell"
                    data-active={here || undefined}
                    data-wrong={wrong || undefined}
                    data-changed={changed || undefined}
                    title={why !== undefined ? `${why}${changed ? ` (it was ${each.row[name] ?? 'empty'})` : ''}` : (text ?? undefined)}
                    style={grid.place(item)}
                    onClick={() => {
                      if (!here) {
                        finish(true);
                        setActive({ row: virtual.index, column: item.index });
                      }
                    }}
                    onDoubleClick={() => here && writing === null && begin()}
                  >
                    {here && writing !== null ? (
                      <input
                        className="wb-cell-input"
                        aria-label={`${name} in line ${each.line ?? virtual.index + 1}`}
                        autoFocus
                        value={writing}
                        onChange={event => setWriting(event.target.value)}
                        onKeyDown={onWritingKey}
                        onBlur={() => !done.current && (props.onEdit(each, name, writing), setWriting(null))}
                      />
                    ) : text === null ? (
                      <span className="wb-null">empty</span>
                    ) : (
                      text
                    )}
                  </div>
                );
              })}
              <div
                id={`${id}-${virtual.index}-${last}`}
                role="gridcell"
                aria-colindex={last + 3}
                data-active={(at.row === virtual.index && at.column === last) || undefined}
                className="wb-grid-cell wb-grid-action"
                style={{ transform: `translateX(${grid.width - ACTION}px)`, width: ACTION }}
              >
                <IconButton icon="close" label={`Discard line ${each.line ?? virtual.index + 1}`} tabIndex={-1} onClick={() => props.onDiscard(each)} />
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The column that a person will want to correct first. */
function firstWrong(columns: string[], misfit: Misfit | undefined): number {
  return Math.max(0, misfit?.column ? columns.indexOf(misfit.column) : 0);
}
