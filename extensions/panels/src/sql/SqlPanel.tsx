import { useEffect, useMemo, useRef, useState } from 'react';
import { type Asked, type Host, WorkbenchError } from '../host.js';
import { type ExportFormat } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { Panel } from '../ui/Panel.js';
import { Sash } from '../ui/Sash.js';
import { Problem, Skeleton } from '../ui/States.js';
import { isStopped, Stopped } from '../ui/Stopped.js';
import { Tabs } from '../ui/Tabs.js';
import { useDebounced, useResource } from '../ui/useResource.js';
import { useStored } from '../ui/useStored.js';
import { Editor, type EditorHandle } from './Editor.js';
import { examples } from './examples.js';
import { Explained } from './Explained.js';
import { Log } from './Log.js';
import { FIRST_LOOK, type Look, OutcomeView, verdict } from './Outcomes.js';
import { SaveAs } from './SaveAs.js';
import { inShort, parametersOf, splitStatements, type Statement, writtenValue } from './statements.js';
import { missingOf, onlyOne, type Outcome, paramsOf, stillWritten, useStatements } from './useStatements.js';
import { Values } from './Values.js';
import { costDetails, costLine } from './words.js';

export interface SqlPanelProps {
  host: Host;
  /** Which of several panels it is: what is written in it is kept under that name. */
  id: string;
  /** A statement that is asked for from outside; the number makes every request new. */
  request?: { sql: string; params?: Record<string, unknown>; run: boolean; round: number };
  /** The panel has another name; empty: none of its own. */
  onName?: (name: string) => void;
}

interface Kept {
  text: string;
  /** The results' part in percent. */
  share: number;
  log: boolean;
  /** What the person calls the panel. */
  name: string;
  params: Record<string, string>;
}

const BUSY = 'A statement runs. Stop it first.';

/** What a result's tab is called: the statement in short. */
function titleOf(outcome: Outcome, number: number): string {
  const mark = { failed: '✕ ', running: '… ', waiting: '… ', stopped: '■ ', done: '' }[outcome.status];
  return `${mark}${number}: ${inShort(outcome.sql, 28)}`;
}

/** Statements and their results, in the main area. */
export function SqlPanel({ host, id, request, onName }: SqlPanelProps) {
  const [kept, keep, ready] = useStored<Kept>(host, `sql:${id}`, { text: '', share: 60, log: false, name: '', params: {} });
  const [notice, say] = useNotice();
  const [shown, setShown] = useState(0);
  const [looks, setLooks] = useState<ReadonlyMap<number, Look>>(new Map());
  /** What stands in the place of results. */
  const [asked, setAsked] = useState<(Asked & { part: boolean; round: number }) | null>(null);
  const [toSave, setToSave] = useState<string | null>(null);
  const [missing, setMissing] = useState<{ name: string; round: number } | null>(null);
  const editor = useRef<EditorHandle>(null);
  const latestParams = useRef(kept.params);
  latestParams.current = kept.params;

  const onEnd = (outcome: Outcome) => {
    if (outcome.error && outcome.status === 'failed') {
      setShown(outcome.key);
      editor.current?.showError(outcome.error, outcome.from, outcome.sql);
    }
  };
  const { outcomes, running, problem, run, again, stop } = useStatements(host, onEnd);

  /** Whether every parameter has a value; else the field of the first that has none is gone to. */
  const filled = (statements: readonly { sql: string }[]): boolean => {
    const name = missingOf(statements, latestParams.current);
    setMissing(old => (name === undefined ? null : { name, round: (old?.round ?? 0) + 1 }));
    return name === undefined;
  };
  const start = (statements: Statement[]) => {
    if (running) {
      say(BUSY);
    } else if (statements.length === 0) {
      say('There is no statement here.');
    } else if (filled(statements)) {
      editor.current?.clearErrors();
      keep({ log: false });
      setAsked(null);
      setShown(0);
      setLooks(new Map());
      void run(statements, latestParams.current);
    }
  };
  const runHere = (on: boolean) => {
    start(editor.current?.here() ?? []);
    if (on) {
      editor.current?.next();
    }
  };
  /** The same again, where nothing runs: it would be stopped in its place, and what waits would not come any more. */
  const more = (outcome: Outcome, limit: number, confirm?: boolean) => {
    if (running) {
      say(BUSY);
    } else {
      void again(outcome, limit, latestParams.current, confirm);
    }
  };
  const runAll = () => start(splitStatements(editor.current?.text() ?? ''));
  const format = async () => {
    const words = editor.current?.text() ?? '';
    try {
      // The formatter is large, and seldom asked for.
      const { formatDialect, duckdb } = await import('sql-formatter');
      editor.current?.replace(formatDialect(words, { dialect: duckdb, keywordCase: 'preserve', tabWidth: 2, linesBetweenQueries: 1 }));
    } catch {
      say('It cannot be formatted: something in it is not understood.');
    }
    editor.current?.focus();
  };
  const take = (sql: string, runIt: boolean, params: Record<string, unknown> = {}) => {
    const statement = editor.current?.append(sql);
    latestParams.current = { ...latestParams.current, ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, writtenValue(value)])) };
    keep({ params: latestParams.current });
    editor.current?.focus();
    if (runIt && statement) {
      start([statement]);
    }
  };
  const done = useRef(0);
  useEffect(() => {
    // Once the editor is there, and each request once.
    if (ready && request && request.round > done.current) {
      done.current = request.round;
      take(request.sql, request.run, request.params);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [ready, request?.round]);

  const current = outcomes.find(each => each.key === shown) ?? outcomes.find(each => each.status === 'running') ?? outcomes.at(-1);
  const spoken = current && !running ? `${verdict(current)}${current.data?.cut_at != null ? `, cut at ${current.data.cut_at}` : ''}` : '';
  const names = useMemo(() => parametersOf(kept.text), [kept.text]);
  // Before it runs; of a text that is half written nothing is told.
  const written = useDebounced(useMemo(() => onlyOne(kept.text, kept.params), [kept.text, kept.params]), 700);
  const cost = useResource(written && JSON.stringify(written), signal => host.call('query.estimate', written!, signal));
  const lookOf = (key: number, from = looks): Look => from.get(key) ?? FIRST_LOOK;
  const look = (key: number) => (part: Partial<Look>) => setLooks(old => new Map(old).set(key, { ...lookOf(key, old), ...part }));
  const exportRows = (outcome: Outcome) => async (form: ExportFormat, ticket: string, confirm = outcome.confirmed) => {
    if (!host.download) {
      throw new WorkbenchError('Files cannot be saved from here.', 'unavailable', 'Use ws.sql(...).export("rows.csv") in a notebook.');
    }
    const { sql, params } = outcome;
    const name = await host.download('query.export', { sql, params, format: form, ticket, confirm }, `rows.${form}`);
    return `Saved as ${name}.`;
  };
  const hereOne = (): string | null => {
    const one = editor.current?.here()[0];
    if (!one) {
      say('There is no statement here.');
    }
    return one?.sql ?? null;
  };
  const explain = () => {
    const sql = hereOne();
    if (sql && filled([{ sql }])) {
      keep({ log: false });
      const params = paramsOf(sql, kept.params);
      setAsked(old => ({ sql, params, part: !stillWritten(editor.current!.text(), kept.params, { sql, params }), round: (old?.round ?? 0) + 1 }));
    }
  };
  const closeSaving = () => {
    setToSave(null);
    editor.current?.focus();
  };
  const toNotebook = () => {
    const sql = hereOne();
    if (!sql) {
      return;
    }
    const snippet = { python: `ws.sql(${JSON.stringify(sql)}).polars()`, sql };
    void host.insert(snippet, 'sql').then(say, (error: unknown) => say((error as Error).message));
  };

  if (!ready) {
    return (
      <Panel host={host} label={`SQL ${id}`} className="wb-sql">
        <Skeleton label="Reading what you wrote" rows={6} />
      </Panel>
    );
  }
  return (
    <Panel host={host} label={`SQL ${id}`} className="wb-sql">
      <div className="wb-toolbar" role="toolbar" aria-label="Statement">
        {running ? (
          <Button primary onClick={stop} title="Stop what runs">
            Stop
          </Button>
        ) : (
          <Button primary onClick={() => runHere(false)} title="What is selected, or the statement at the cursor (Ctrl+Enter; Shift+Enter goes on to the next)">
            Run
          </Button>
        )}
        <Button onClick={runAll} disabled={running} title="All statements, up to the first that fails (Ctrl+Shift+Enter)">
          Run all
        </Button>
        <Button onClick={() => void format()} title="Lay the text out anew (Shift+Alt+F)">
          Format
        </Button>
        <Button onClick={() => explain()} title="What the statement at the cursor would read, and how, without running it">
          Explain
        </Button>
        <Button onClick={() => setToSave(hereOne())} title="Keep what the statement at the cursor gives">
          Save as…
        </Button>
        <Button onClick={toNotebook} title="The statement at the cursor, in a notebook's cell">
          To notebook
        </Button>
        <span className="wb-gap" />
        {cost.data && (
          <span className="wb-facts" title={costDetails(cost.data)}>
            {costLine(cost.data)}
          </span>
        )}
        <input
          className="wb-input wb-sql-title"
          aria-label="Name of this panel"
          data-lm-suppress-shortcuts="true"
          placeholder={`SQL ${id}`}
          maxLength={60}
          value={kept.name}
          onChange={event => {
            keep({ name: event.target.value });
            onName?.(event.target.value.trim());
          }}
        />
        <IconButton icon="history" label="Statements that were run" pressed={kept.log} onClick={() => keep({ log: !kept.log })} />
      </div>
      {toSave !== null && (
        <SaveAs
          key={toSave}
          host={host}
          sql={toSave}
          values={kept.params}
          onRun={sql => {
            setToSave(null);
            take(sql, true);
          }}
          onCancel={closeSaving}
        />
      )}
      <Values names={names} values={kept.params} missing={missing} onChange={(name, value) => keep({ params: { ...kept.params, [name]: value } })} />
      <div className="wb-sql-split">
        <div className="wb-sql-upper" style={{ flexBasis: `${100 - kept.share}%` }}>
          <Editor ref={editor} host={host} text={kept.text} keys={{ runHere, runAll, format: () => void format() }} onChange={text => keep({ text })} />
        </div>
        <div className="wb-sql-lower" style={{ flexBasis: `${kept.share}%` }}>
          <Sash share={kept.share} onChange={share => keep({ share })} label="Size of the results" />
          {problem && <Problem title="The statement was not stopped." error={problem} />}
          {kept.log ? (
            <Log host={host} onTake={sql => take(sql, false)} say={say} />
          ) : asked ? (
            <Explained
              key={asked.round}
              host={host}
              asked={asked}
              changed={!stillWritten(kept.text, kept.params, asked, asked.part)}
              onAgain={explain}
              onClose={() => setAsked(null)}
            />
          ) : !current ? (
            <First host={host} onTake={sql => take(sql, true)} />
          ) : isStopped(current.error) ? (
            <Stopped host={host} onStarted={() => start([current])} />
          ) : (
            <Tabs
              label="Results"
              tabs={outcomes.map((each, i) => [String(each.key), titleOf(each, i + 1)] as const)}
              current={String(current.key)}
              onChange={key => setShown(Number(key))}
            >
              <OutcomeView
                host={host}
                outcome={current}
                look={lookOf(current.key)}
                onLook={look(current.key)}
                onMore={(limit, confirm) => more(current, limit, confirm)}
                onExport={exportRows(current)}
                onStop={stop}
                say={say}
              />
            </Tabs>
          )}
        </div>
      </div>
      <div className="wb-unseen" role="status" aria-live="polite">
        {spoken}
      </div>
      <Notice text={notice} />
    </Panel>
  );
}

/** Before anything was run: what to do, with statements over what there is. */
function First({ host, onTake }: { host: Host; onTake: (sql: string) => void }) {
  const found = useResource('examples', signal => examples(host, signal));
  return (
    <div className="wb-empty wb-sql-first">
      <p>Write a statement and press Ctrl+Enter. Names and columns are completed as you type.</p>
      {found.data && found.data.length > 0 && (
        <>
          <p>Or begin with one of these:</p>
          <ul aria-label="Examples">
            {found.data.map(sql => (
              <li key={sql}>
                <button type="button" onClick={() => onTake(sql)}>
                  <code>{sql.replace(/\n/g, ' ')}</code>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {found.data?.length === 0 && <p>There is no dataset to read yet.</p>}
    </div>
  );
}
