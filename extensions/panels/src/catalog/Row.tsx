import { memo } from 'react';
import { ago, bytes, count, exact, moment, plural, splitName } from '../format.js';
import { FAMILY_WORD, family } from '../types.js';
import { Icon, TypeIcon } from '../ui/Icon.js';
import { TreeLine } from '../ui/TreeLine.js';
import { ZoneMark } from '../ui/Zone.js';
import { type ColumnRow, type DatasetRow, type GroupRow, marked, MORE, type MoreRow, type Row as RowData, rowHeight, whyWords, type ZoneRow } from './rows.js';
import { type Point } from './useHeld.js';

export interface RowActions {
  /** `at`: by the mouse, there. */
  onPick: (row: RowData, at?: Point) => void;
  onToggle: (row: RowData) => void;
  /** Show all of it. */
  onOpen: (row: RowData) => void;
  onMenu: (row: RowData, x: number, y: number) => void;
  onInsert: (row: RowData) => void;
}

const Marked = ({ text, query }: { text: string; query: string }) => (
  <>
    {marked(text, query).map((part, i) => (part.hit ? <mark key={i}>{part.text}</mark> : <span key={i}>{part.text}</span>))}
  </>
);

/** What is below: `5 datasets, 1 view`. */
const belowWords = ({ count, views }: { count: number; views: number }): string =>
  views === 0 ? plural(count, 'dataset') : [...(count > 0 ? [plural(count, 'dataset')] : []), plural(views, 'view')].join(', ');

const ZoneCells = ({ row }: { row: ZoneRow }) => (
  <>
    <ZoneMark zone={row.zone} />
    <span className="wb-row-name wb-row-zone">{row.zone}</span>
    <span className="wb-row-figure" title={belowWords(row)}>
      {exact(row.count + row.views)}
    </span>
  </>
);

const GroupCells = ({ row }: { row: GroupRow }) => (
  <>
    <span className="wb-row-name">{row.prefix}…</span>
    <span className="wb-row-figure" title={belowWords(row)}>
      {exact(row.count + row.views)}
    </span>
  </>
);

const MoreCells = ({ row }: { row: MoreRow }) => <span className="wb-row-name wb-row-more">{row.busy ? 'Reading datasets…' : MORE}</span>;

const DatasetCells = ({ row, query }: { row: DatasetRow; query: string }) => {
  const { dataset, hit, found } = row;
  const [, table] = splitName(dataset.name);
  return (
    <>
      {hit ? <ZoneMark zone={dataset.zone} /> : <Icon name={dataset.kind === 'view' ? 'view' : 'table'} />}
      <span className="wb-row-name">
        {hit ? <Marked text={dataset.name} query={query} /> : table}
        {found && (
          <span className="wb-row-reason">
            {found.by}: <Marked text={found.text} query={query} />
          </span>
        )}
      </span>
      <span className="wb-row-figure">{dataset.kind === 'view' ? 'view' : count(dataset.rows)}</span>
    </>
  );
};

const ColumnCells = ({ row }: { row: ColumnRow }) => (
  <>
    <TypeIcon family={family(row.column.type)} />
    <span className="wb-row-name">{row.column.name}</span>
    <span className="wb-row-type">{row.column.type}</span>
  </>
);

function describe(row: RowData): string {
  switch (row.kind) {
    case 'zone':
      return `${row.zone}: ${belowWords(row)}`;
    case 'group':
      return `${row.zone}.${row.prefix}…: ${belowWords(row)}`;
    case 'more':
      return 'Show what comes next';
    case 'dataset': {
      const d = row.dataset;
      const columns = d.columns === null ? [] : [plural(d.columns, 'column')];
      const facts = (d.kind === 'view' ? ['A view', ...columns] : [`${exact(d.rows)} rows`, bytes(d.bytes), ...columns]).join(', ');
      const why = row.hit ? `\nFound: ${whyWords(row.hit)}` : '';
      return `${d.name}\n${facts}\n${d.kind === 'view' ? 'Written' : 'Updated'} ${ago(d.updated_at)} (${moment(d.updated_at)})${d.description ? `\n${d.description}` : ''}${why}`;
    }
    case 'column':
      return `${row.column.name}: ${row.column.type} (${FAMILY_WORD[family(row.column.type)]})${row.column.required ? ', never empty' : ''}${row.column.doc ? `\n${row.column.doc}` : ''}`;
    case 'note':
      return row.text;
  }
}

/** One line of the tree. */
export const Row = memo(function Row(props: {
  id: string;
  row: RowData;
  query: string;
  active: boolean;
  selected: boolean;
  top: number;
  actions: RowActions;
}) {
  const { row, actions } = props;
  const opens = row.kind === 'zone' || row.kind === 'group' || row.kind === 'dataset';
  return (
    <TreeLine
      row={row}
      place={props}
      kind={row.kind}
      selected={props.selected}
      title={describe(row)}
      height={rowHeight(row)}
      position={row.position}
      siblings={row.siblings}
      onClick={event => {
        // The second click of a double one must not shut what the first has opened.
        if (event.detail < 2) {
          actions.onPick(row, { x: event.clientX, y: event.clientY });
        }
      }}
      onDoubleClick={() => actions.onOpen(row)}
      onToggle={opens ? () => actions.onToggle(row) : undefined}
      onMenu={event => actions.onMenu(row, event.clientX, event.clientY)}
    >
      {row.kind === 'zone' && <ZoneCells row={row} />}
      {row.kind === 'group' && <GroupCells row={row} />}
      {row.kind === 'more' && <MoreCells row={row} />}
      {row.kind === 'dataset' && <DatasetCells row={row} query={props.query} />}
      {row.kind === 'column' && <ColumnCells row={row} />}
      {row.kind === 'note' && <span className="wb-row-note">{row.text}</span>}
      {(row.kind === 'dataset' || row.kind === 'column') && (
        <span className="wb-row-actions" aria-hidden="true">
          <span
            className="wb-row-action"
            title="Insert into notebook"
            onClick={event => {
              event.stopPropagation();
              actions.onInsert(row);
            }}
          >
            <Icon name="code" />
          </span>
          <span
            className="wb-row-action"
            title="More"
            onClick={event => {
              event.stopPropagation();
              actions.onMenu(row, event.clientX, event.clientY);
            }}
          >
            <Icon name="ellipses" />
          </span>
        </span>
      )}
    </TreeLine>
  );
});
