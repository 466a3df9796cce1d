import { type CSSProperties, useMemo, useRef } from 'react';
import { asShown, exact, percent } from '../format.js';
import { type ColumnSeen, type Preview } from '../records.js';
import { family } from '../types.js';
import { Icon } from '../ui/Icon.js';
import { useGrid } from '../ui/useGrid.js';
import { plainWords } from '../ui/wording.js';
import { columnWidth, type Measure, rowsLookedAt, useMeasure } from '../ui/widths.js';
import { type Draft, withColumn } from './draft.js';
import { type Line, previewLines, typeChoices } from './lines.js';

const ROW = 24;
const HEAD = 60;
const NUMBER = 68;
/** Beside a column's name: whether it is taken. Beside its type: the arrow of the choice, and why. */
const TAKEN = 48;
const CHOICE = 80;
const LEAST = 132;

interface Props {
  preview: Preview;
  draft: Draft;
  onlyMisfits: boolean;
  onChange: (draft: Draft, again?: boolean) => void;
}

/** The first rows as they would be stored; each column's head says what it is, and takes another word for it. */
export function PreviewGrid({ preview, draft, onlyMisfits, onChange }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const all = useMemo(() => previewLines(preview), [preview]);
  const lines = useMemo(() => (onlyMisfits ? all.filter(line => line.kind === 'misfit') : all), [all, onlyMisfits]);
  const places = useMemo(() => new Map(preview.sample.columns.map(([name], i) => [name, i])), [preview]);
  const measure = useMeasure(box);
  const bold = useMeasure(box, '600');
  const widths = useMemo(() => preview.columns.map(column => widthOf(column, preview, places, measure, bold)), [preview, places, measure, bold]);
  const grid = useGrid(box, { rows: lines.length, height: ROW, widths, before: NUMBER });

  return (
    <div
      ref={box}
      className="wb-grid wb-preview-grid"
      role="table"
      aria-label="First rows"
      aria-rowcount={lines.length + 1}
      aria-colcount={preview.columns.length + 1}
      tabIndex={0}
      data-lm-suppress-shortcuts="true"
    >
      <div className="wb-grid-head" role="row" aria-rowindex={1} style={{ width: grid.width, height: HEAD }}>
        <div role="columnheader" aria-colindex={1} className="wb-grid-cell wb-preview-number" style={{ width: NUMBER }} aria-label="Row" />
        {grid.shown.map(item => (
          <div key={item.key} role="columnheader" aria-colindex={item.index + 2} className="wb-preview-head" style={grid.place(item)}>
            <Head column={preview.columns[item.index]!} draft={draft} onChange={onChange} />
          </div>
        ))}
      </div>
      <div role="rowgroup" className="wb-grid-body" style={{ height: grid.height, width: grid.width }}>
        {grid.lines.map(virtual => {
          const line = lines[virtual.index]!;
          const misfit = line.kind === 'misfit' ? line.misfit : null;
          const broken = misfit !== null && Object.keys(misfit.row).length === 0;
          return (
            <div
              key={virtual.key}
              role="row"
              aria-rowindex={virtual.index + 2}
              className="wb-grid-row"
              data-misfit={misfit !== null || undefined}
              style={grid.line(virtual)}
              title={misfit ? `Will be set aside: ${misfit.reason}` : undefined}
            >
              <div role="rowheader" aria-colindex={1} className="wb-grid-cell wb-preview-number wb-number" style={{ width: NUMBER }}>
                {misfit ? <MisfitMark line={misfit.line ?? misfit.record} reason={misfit.reason} /> : exact((line as Extract<Line, { kind: 'row' }>).number)}
              </div>
              {broken ? (
                <div role="cell" className="wb-grid-cell wb-preview-broken" style={{ transform: `translateX(${NUMBER}px)`, width: grid.width - NUMBER }}>
                  {misfit.text} <span className="wb-bad">{misfit.reason}</span>
                </div>
              ) : (
                grid.shown.map(item => <Cell key={item.key} column={preview.columns[item.index]!} index={item.index} line={line} place={places} style={grid.place(item)} />)
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

const MisfitMark = ({ line, reason }: { line: number | null; reason: string }) => (
  <span className="wb-misfit-mark" title={reason}>
    <Icon name="warning" className="wb-error-icon" />
    {line === null ? '' : exact(line)}
  </span>
);

function Cell(props: { column: ColumnSeen; index: number; line: Line; place: ReadonlyMap<string, number>; style: CSSProperties }) {
  const { column, line } = props;
  const base = { role: 'cell' as const, 'aria-colindex': props.index + 2, style: props.style };
  if (line.kind === 'misfit') {
    const text = line.misfit.row[column.name];
    const wrong = line.misfit.column === column.name;
    return (
      <div
        {...base}
        className="wb-grid-cell"
        data-wrong={wrong || undefined}
        aria-invalid={wrong || undefined}
        title={wrong ? line.misfit.reason : (text ?? undefined)}
      >
        {text ?? <span className="wb-null">empty</span>}
      </div>
    );
  }
  const index = props.place.get(column.name);
  const value = index === undefined ? undefined : line.values[index];
  const text = asShown(value, column.type);
  return (
    <div {...base} className={family(column.type) === 'number' ? 'wb-grid-cell wb-number' : 'wb-grid-cell'} data-left={!column.take || undefined} title={text || undefined}>
      {column.take && (value === null || value === undefined ? <span className="wb-null">null</span> : text)}
    </div>
  );
}

/** What a column is called, what its values are, and whether it is taken. */
function Head({ column, draft, onChange }: { column: ColumnSeen; draft: Draft; onChange: Props['onChange'] }) {
  const said = draft.columns[column.place] ?? {};
  const type = said.type ?? column.type;
  const take = said.take ?? column.take;
  const { fits, others } = typeChoices(type, column.choices);
  const called = column.original || `column ${column.place + 1}`;
  const why = plainWords(column.why ?? '');
  const set = (part: Parameters<typeof withColumn>[2]) => onChange(withColumn(draft, column.place, part));
  const facts = [
    `${called}: ${column.type}`,
    why,
    column.null_share > 0 ? `${percent(column.null_share)} without a value` : '',
    column.examples.length > 0 ? `such as ${column.examples.slice(0, 3).join(', ')}` : ''
  ];
  return (
    <div title={facts.filter(Boolean).join('\n')} data-left={!take || undefined}>
      <span className="wb-head-line">
        <input type="checkbox" aria-label={`Take ${called}`} checked={take} onChange={event => set({ take: event.target.checked ? undefined : false })} />
        <input
          className="wb-input wb-head-name"
          aria-label={`Name of ${called}`}
          data-said={said.name !== undefined || undefined}
          spellCheck={false}
          disabled={!take}
          value={said.name ?? column.name}
          onChange={event => set({ name: event.target.value === column.name && said.name === undefined ? undefined : event.target.value })}
        />
      </span>
      <span className="wb-head-line">
        <select
          className="wb-select wb-head-type"
          aria-label={`Type of ${called}`}
          data-said={said.type !== undefined || undefined}
          disabled={!take}
          value={type}
          onChange={event => set({ type: event.target.value })}
        >
          <optgroup label="Holds all that was looked at">
            {fits.map(each => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </optgroup>
          <optgroup label="Sets rows aside">
            {others.map(each => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </optgroup>
        </select>
        {why && (
          <span className="wb-why" title={why} aria-label={why} role="note">
            ?
          </span>
        )}
      </span>
    </div>
  );
}

function widthOf(column: ColumnSeen, preview: Preview, places: ReadonlyMap<string, number>, measure: Measure, bold: Measure): number {
  const index = places.get(column.name);
  const { rows } = preview.sample;
  const texts = index === undefined ? [] : rows.slice(0, rowsLookedAt(rows.length, preview.columns.length)).map(row => asShown(row[index], column.type));
  return columnWidth(texts, family(column.type), measure, Math.max(LEAST, bold(column.name) + TAKEN, measure(column.type) + CHOICE));
}
