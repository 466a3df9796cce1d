import { Fragment, type ReactNode, useEffect, useState } from 'react';
import { duration } from '../format.js';
import { type Host } from '../host.js';
import { type DatasetIO, type Run } from '../records.js';
import { Button } from '../ui/Button.js';
import { Icon } from '../ui/Icon.js';
import { Params } from '../ui/Params.js';
import { Problem } from '../ui/States.js';
import { Status } from '../ui/Status.js';
import { useNow } from '../ui/useNow.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { Words } from '../ui/Words.js';
import { DatasetLink } from './DatasetLink.js';
import { isOpenSession, isOver, took } from './params.js';
import { AttemptsNote, GivenNote, UnpublishedNote } from './StepNotes.js';
import { StepSql } from './StepSql.js';

const Line = ({ term, children }: { term: string; children: ReactNode }) => (
  <>
    <dt>{term}</dt>
    <dd>{children}</dd>
  </>
);

/** What was read or written, by name; a table leads to its page. */
const Names = ({ host, list }: { host: Host; list: DatasetIO[] }) => (
  <>
    {[...new Map(list.map(io => [io.name, io])).values()].map((io, i) => (
      <Fragment key={io.name}>
        {i > 0 && ', '}
        {io.kind === 'table' ? <DatasetLink host={host} name={io.name} /> : io.name}
      </Fragment>
    ))}
  </>
);

/** The steps of a pipeline's run, each with its status; and how far it is. */
const Steps = ({ host, run }: { host: Host; run: Run }) => {
  // Every event of the pipeline reloads the list, and with it this: the status is the key's part that changes.
  const steps = useResource(`${run.id} ${run.status}`, signal => host.call('pipelines.status', { name: run.job, run_id: run.id }, signal));
  const { reload } = steps;
  /** The step whose SQL is shown. */
  const [open, setOpen] = useState<string | null>(null);
  useEffect(() => (isOver(run) ? undefined : host.subscribe(() => reload())), [host, run, reload]);
  if (!steps.data) {
    return null;
  }
  const all = steps.data.steps;
  const done = all.filter(step => step.status === 'succeeded').length;
  return (
    <>
      {!isOver(run) && <progress className="wb-progress" aria-label={`Progress of ${run.job}`} max={all.length} value={done} />}
      <ol className="wb-steps" aria-label={`Steps of ${run.job}`}>
        {all.map(step => {
          const seconds = took(step);
          const name = step.job.slice(step.job.lastIndexOf('.') + 1);
          const isSql = typeof step.attributes.sql === 'string';
          return (
            <li key={step.id}>
              <Status status={step.status} />
              {isSql ? (
                <button type="button" className="wb-link wb-row-name" aria-expanded={open === step.id} title={`The SQL of ${step.job}`} onClick={() => setOpen(open === step.id ? null : step.id)}>
                  {name}
                </button>
              ) : step.started_at && host.shows('executed') ? (
                <button
                  type="button"
                  className="wb-link wb-row-name"
                  title={`Open the executed notebook of ${step.job}`}
                  onClick={() => void host.open({ kind: 'executed', runId: step.id, step: name })}
                >
                  {name}
                </button>
              ) : (
                <span className="wb-row-name" title={step.job}>
                  {name}
                </span>
              )}
              <span className="wb-row-figure">{seconds !== null && isOver(step) ? duration(seconds) : ''}</span>
              <AttemptsNote step={step} />
              <GivenNote given={step.attributes.outputs} />
              {isSql && open === step.id && <StepSql host={host} step={step} params={{ ...run.params, ...(step.attributes.params as Record<string, unknown>) }} />}
            </li>
          );
        })}
      </ol>
      <UnpublishedNote run={run} />
    </>
  );
};

const Facts = ({ host, run, onCancel }: { host: Host; run: Run; onCancel: () => void }) => {
  const params = Object.entries(run.params).filter(([, value]) => value !== null && typeof value !== 'object');
  return (
    <div className="wb-run-facts">
      {run.error && (
        <div className="wb-problem" role="alert">
          <Icon name="warning" className="wb-error-icon" />
          <div>
            <p>
              <Words text={run.error.message} />
            </p>
            <p>
              <Words text={run.error.fix} />
            </p>
          </div>
        </div>
      )}
      {run.kind === 'pipeline' && <Steps host={host} run={run} />}
      <dl>
        <Line term="Kind">{run.kind}</Line>
        <Line term="By">{run.principal}</Line>
        {params.length > 0 && (
          <Line term="With">
            <Params params={params} />
          </Line>
        )}
        {run.inputs.length > 0 && <Line term="Read"><Names host={host} list={run.inputs} /></Line>}
        {run.outputs.length > 0 && <Line term="Wrote"><Names host={host} list={run.outputs} /></Line>}
      </dl>
      {!isOver(run) && !isOpenSession(run) && <Button onClick={onCancel}>Cancel run</Button>}
    </div>
  );
};

/** One run: a line, and what there is to know below it. */
export function RunRow(props: { host: Host; run: Run; open: boolean; onToggle: () => void }) {
  const { host, run, open } = props;
  const session = isOpenSession(run);
  // The run keeps the name the notebook had when its kernel started.
  const title = (session && host.notebookOf?.(String(run.attributes.session))) || run.job;
  const now = useNow(run.status === 'running' && !session, 1000);
  const seconds = took(run, now);
  const [error, setError] = useState<Error>();
  const cancel = () => void host.call('runs.cancel', { run_id: run.id }).catch(setError);
  return (
    <li className="wb-run">
      <button type="button" className="wb-run-head" aria-expanded={open} onClick={props.onToggle}>
        <span className="wb-caret" data-open={open || undefined}>
          <Icon name="caretRight" />
        </span>
        <span className="wb-row-name" title={title}>
          {title}
        </span>
        <span className="wb-row-figure" title={seconds === null ? undefined : session ? 'Open since' : `Took ${duration(seconds)}`}>
          {run.status === 'running' && !session && seconds !== null ? duration(Math.round(seconds)) : <When at={run.ended_at ?? run.started_at ?? run.queued_at} />}
        </span>
        <Status status={session ? 'open' : run.status} />
      </button>
      {error && <Problem title="The run was not cancelled." error={error as never} />}
      {open && <Facts host={host} run={run} onCancel={cancel} />}
    </li>
  );
}
