import { useMemo, useRef, useState } from 'react';
import { bytes, duration, exact, plural, whole } from '../format.js';
import { type Host, WorkbenchError } from '../host.js';
import { type ExportFormat, type MaskedColumn, type TableData } from '../records.js';
import { masksOf } from '../sample/masks.js';
import { Button, IconButton } from '../ui/Button.js';
import { copyText } from '../ui/copyText.js';
import { Menu, type MenuAt } from '../ui/Menu.js';
import { SearchField } from '../ui/SearchField.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { Switch } from '../ui/Switch.js';
import { useAction } from '../ui/useAction.js';
import { useNow } from '../ui/useNow.js';
import { useResource } from '../ui/useResource.js';
import { arrange, nextSort, type Sort } from './arrange.js';
import { Chart } from './Chart.js';
import { type ChartOf } from './chart.js';
import { ResultGrid } from './ResultGrid.js';
import { FIRST_ROWS, newTicket, type Outcome } from './useStatements.js';

const FORMATS: readonly (readonly [ExportFormat, string])[] = [
  ['csv', 'CSV'],
  ['xlsx', 'Excel'],
  ['parquet', 'Parquet'],
  ['json', 'JSON'],
  ['ndjson', 'JSON, a line a row'],
  ['arrow', 'Arrow']
];
/** Rows that a browser still shows well. */
const MOST_ROWS = 100_000;

const VIEWS = [
  ['table', 'Table'],
  ['chart', 'Chart']
] as const;

/** How a result is looked at. It stays when more rows are asked for, and when another result was looked at in between. */
export interface Look {
  view: 'table' | 'chart';
  sort: Sort | null;
  filter: string;
  chart: ChartOf | null;
}

export const FIRST_LOOK: Look = { view: 'table', sort: null, filter: '', chart: null };

/** How it went, in a line that is also read aloud. */
export function verdict(outcome: Outcome): string {
  const took = duration(outcome.seconds);
  switch (outcome.status) {
    case 'waiting':
      return 'waits';
    case 'running':
      return 'runs';
    case 'stopped':
      return outcome.began ? `stopped after ${took}` : 'not run';
    case 'failed':
      return `failed after ${took}`;
    default:
      return outcome.data!.said ? `${outcome.data!.said} (${took})` : `${rowsOf(outcome.data!)} in ${took}${outcome.data!.cached ? ', from the cache' : ''}`;
  }
}

function rowsOf(data: TableData): string {
  if (data.cut_at === null) {
    return plural(data.rows.length, 'row');
  }
  const of = data.total === null ? '' : ` of ${exact(data.total)}`;
  return `first ${exact(data.rows.length)}${of} rows`;
}

/** What became of one statement. */
export function OutcomeView(props: {
  host: Host;
  outcome: Outcome;
  look: Look;
  onLook: (part: Partial<Look>) => void;
  onMore: (limit: number, confirm?: boolean) => void;
  onExport: (format: ExportFormat, ticket: string, confirm?: boolean) => Promise<string>;
  onStop: () => void;
  say: (words: string) => void;
}) {
  const { outcome } = props;
  const elapsed = Math.max(0, (useNow(outcome.status === 'running', 100) - outcome.began) / 1000);
  if (outcome.status === 'running' || outcome.status === 'waiting') {
    return (
      <div className="wb-sql-wait">
        <div className="wb-sql-bar">
          <progress aria-label="The statement runs" />
          <span className="wb-facts">{outcome.status === 'waiting' ? 'Waits for the one before' : `Running, ${elapsed.toFixed(1)} s`}</span>
          <Button onClick={props.onStop}>Stop</Button>
        </div>
        {!outcome.data && <Skeleton label="The statement runs" rows={8} />}
      </div>
    );
  }
  if (outcome.error && outcome.status === 'failed') {
    const { line, confirm } = outcome.error.details;
    if (confirm === true) {
      return (
        <Empty
          action={
            <Button primary onClick={() => props.onMore(outcome.limit, true)}>
              Run it all the same
            </Button>
          }
        >
          {outcome.error.message}
        </Empty>
      );
    }
    const place = typeof line === 'number' ? ` in line ${outcome.line + line - 1}` : '';
    return <Problem title={`The statement failed${place}.`} error={outcome.error} onRetry={() => props.onMore(outcome.limit)} />;
  }
  if (!outcome.data) {
    return <Empty action={<Button onClick={() => props.onMore(outcome.limit)}>Run it</Button>}>{outcome.began ? (outcome.error?.details.disabled === true ? outcome.error.message : 'The statement was stopped.') : 'The statement was not run: one before it did not end well.'}</Empty>;
  }
  return <Rows key={outcome.key} {...props} data={outcome.data} />;
}

const maskedInWords = (one: MaskedColumn): string =>
  `${one.dataset}.${one.column}: ${one.mask}${one.rule ? `, by ${one.rule}` : ''}${one.into?.length ? `, written to ${one.into.join(', ')}` : ''}`;

/** The rows with all that can be done with them. */
function Rows(props: Parameters<typeof OutcomeView>[0] & { data: TableData }) {
  const { outcome, data, onLook } = props;
  const { view, sort, filter } = props.look;
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const [opened, setOpened] = useState<{ name: string; value: unknown } | null>(null);
  /** That of the last export. */
  const [ticket, setTicket] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const order = useMemo(() => arrange(data.rows, data.columns, sort, filter), [data, sort, filter]);
  const masks = useMemo(() => masksOf(data), [data]);
  const isCut = data.cut_at !== null;
  // What it has cost; nobody is told who sees a part of what it read.
  const cost = useResource(data.cached ? null : data.run_id, signal => props.host.call('query.statement', { run_id: data.run_id! }, signal));
  const read = cost.data?.bytes ?? null;
  const next = Math.min(MOST_ROWS, Math.max(FIRST_ROWS, outcome.limit) * 10);

  const [wanted, setWanted] = useState<ExportFormat>('csv');
  const save = useAction(async (format: ExportFormat, confirm?: boolean) => {
    const mine = newTicket();
    setTicket(mine);
    setWanted(format);
    try {
      props.say(await props.onExport(format, mine, confirm));
    } catch (problem) {
      if (WorkbenchError.from(problem).code !== 'cancelled') {
        throw problem;
      }
    }
  });

  return (
    <div ref={box} className="wb-sql-outcome">
      <div className="wb-sql-bar">
        <Switch label="Show as" choices={VIEWS} value={view} onChange={chosen => onLook({ view: chosen })} />
        <span className="wb-facts" title={`${exact(data.rows.length)} rows of ${plural(data.columns.length, 'column')}`}>
          {verdict(outcome)}
          {read !== null && read > 0 && `, read ${bytes(read)}`}
        </span>
        {isCut && <strong className="wb-sql-cut">cut at {exact(data.cut_at!)}</strong>}
        {isCut && outcome.limit < MOST_ROWS && (
          <button type="button" className="wb-link" onClick={() => props.onMore(next)}>
            Show {exact(next)}
          </button>
        )}
        {isCut && (data.total === null || data.total > MOST_ROWS) && outcome.limit >= MOST_ROWS && <span className="wb-facts">an export holds all</span>}
        {Boolean(data.masked?.length) && (
          <span className="wb-sql-masked" title={(data.masked ?? []).map(maskedInWords).join('\n')}>
            {masks.size > 0 ? `${plural(masks.size, 'column')} masked` : data.masked!.some(one => one.into?.length) ? 'masks were written' : 'asked through masks'}
          </span>
        )}
        <span className="wb-head-actions">
          {view === 'table' && <SearchField label="Filter rows" className="wb-sql-filter" value={filter} onChange={text => onLook({ filter: text })} />}
          {filter.trim() && view === 'table' && <span className="wb-facts">{exact(order.length)} fit</span>}
          <button
            type="button"
            className="wb-button"
            aria-haspopup="menu"
            // It would be carried out again, and write again.
            disabled={save.busy || Boolean(data.said)}
            onClick={event => {
              const place = event.currentTarget.getBoundingClientRect();
              setMenu({ x: place.left, y: place.bottom, items: FORMATS.map(([format, label]) => ({ label, run: () => void save.run(format) })) });
            }}
          >
            {save.busy ? 'Exporting…' : 'Export'}
          </button>
          {save.busy && <Button onClick={() => void props.host.call('query.stop', { ticket }).catch(() => undefined)}>Stop</Button>}
        </span>
      </div>
      {save.error?.details.confirm === true ? (
        <p className="wb-warning" role="alert">
          {save.error.message}{' '}
          <button type="button" className="wb-link" onClick={() => void save.run(wanted, true)}>
            Export it all the same
          </button>
        </p>
      ) : (
        save.error && <Problem title="The rows were not exported." error={save.error} />
      )}
      {view === 'chart' ? (
        <Chart data={data} label="the result" chosen={props.look.chart} onChoose={chart => onLook({ chart })} />
      ) : data.columns.length === 0 ? (
        <Empty>Done; there are no rows to show.</Empty>
      ) : (
        <ResultGrid
          data={data}
          order={order}
          label="Result"
          sort={sort}
          masks={masks}
          onSort={column => onLook({ sort: nextSort(sort, column) })}
          onOpen={(name, value) => setOpened({ name, value })}
          say={props.say}
        />
      )}
      {view === 'table' && data.columns.length > 0 && order.length === 0 && <p className="wb-sql-none">{filter.trim() ? 'No row holds that text.' : 'No rows.'}</p>}
      {opened && view === 'table' && (
        <section
          className="wb-sql-value"
          aria-label={`Value of ${opened.name}`}
          onKeyDown={event => {
            if (event.key === 'Escape') {
              setOpened(null);
              box.current?.querySelector<HTMLElement>('[role=grid]')?.focus();
            }
          }}
        >
          <header>
            <strong>{opened.name}</strong>
            <span className="wb-gap" />
            <IconButton icon="copy" label="Copy the value" onClick={() => void copyText(whole(opened.value)).then(copied => props.say(copied ? 'The value was copied.' : 'The browser did not allow copying: select the text.'))} />
            <IconButton icon="close" label="Close" onClick={() => setOpened(null)} />
          </header>
          <pre tabIndex={0}>{readable(opened.value)}</pre>
        </section>
      )}
      {menu && <Menu at={menu} onClose={() => setMenu(null)} />}
    </div>
  );
}

const readable = (value: unknown): string =>
  value === null || value === undefined ? 'null' : typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);
