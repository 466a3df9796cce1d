import { useEffect, useRef } from 'react';
import { type Host } from '../host.js';
import { factsOf } from '../runs/PipelineSteps.js';
import { isOver } from '../runs/params.js';
import { AttemptsNote, GivenNote } from '../runs/StepNotes.js';
import { StepSql } from '../runs/StepSql.js';
import { type Run, type Step } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { Status } from '../ui/Status.js';
import { WorkbenchError } from '../host.js';
import { DebugStep } from './DebugStep.js';
import { Decide } from './Decide.js';
import { fileOf, inWords, kindOf, stepOf } from './history.js';
import { StepCells } from './StepCells.js';

/** One step: what it is, and how it fared in the run that is shown. It takes the focus whenever `round`, above 0, is another number. */
export function StepSide(props: { host: Host; folder: string; name: string; step: Step | undefined; run: Run | undefined; params: Record<string, unknown>; runId: string | null; onDecided: () => void; onAgain?: () => void; onClose: () => void; round: number }) {
  const { host, step, run, round } = props;
  const side = useRef<HTMLElement>(null);
  useEffect(() => (round > 0 ? side.current?.focus() : undefined), [round]);
  const error = run?.error && new WorkbenchError(run.error.message, run.error.code, run.error.fix);
  const isSql = typeof run?.attributes.sql === 'string';
  return (
    <aside
      ref={side}
      className="wb-side wb-step-side"
      aria-label={`Step ${props.name}`}
      tabIndex={-1}
      onKeyDown={event => {
        if (event.key === 'Escape' && !event.defaultPrevented) {
          props.onClose();
          event.stopPropagation();
        }
      }}
    >
      <header className="wb-toolbar">
        <h2 title={props.name}>{props.name}</h2>
        {run && <Status status={run.status} />}
        <span className="wb-gap" />
        <IconButton icon="close" label="Close" onClick={props.onClose} />
      </header>
      <div className="wb-scroll wb-step-body">
        {step?.description && <p>{step.description}</p>}
        {step && <p className="wb-row-note">{[kindOf(step), factsOf(step)].filter(Boolean).join(', ')}</p>}
        {run && <p className="wb-row-note">{inWords(run)}</p>}
        {error && <Problem title={`${stepOf(run)} failed`} error={error} />}
        {step?.approve && run?.started_at && !isOver(run) && props.runId && <Decide host={host} runId={props.runId} step={step.name} message={step.approve.message} onDecided={props.onDecided} />}
        {run && <AttemptsNote step={run} />}
        {run && <GivenNote given={run.attributes.outputs} />}
        <div className="wb-edit-actions wb-start">
          {step && host.shows('notebook') && (
            <Button onClick={() => void host.open({ kind: 'notebook', path: `${props.folder}/${fileOf(step)}` })} title={fileOf(step)}>
              {kindOf(step) === 'notebook' ? 'Edit notebook' : 'Edit file'}
            </Button>
          )}
          {run?.started_at && !isSql && isOver(run) && host.shows('executed') && (
            <Button onClick={() => void host.open({ kind: 'executed', runId: run.id, step: props.name })}>Open executed notebook</Button>
          )}
          {props.onAgain && (
            <Button onClick={props.onAgain} title="In the same run, with the steps that need it">
              Run this step again…
            </Button>
          )}
          {run?.status === 'failed' && run.started_at && run.attributes.approve === undefined && props.runId && host.shows('notebook') && (
            <DebugStep key={run.id} host={host} runId={props.runId} step={props.name} />
          )}
        </div>
        {run && isSql && <StepSql host={host} step={run} params={{ ...props.params, ...(run.attributes.params as Record<string, unknown>) }} />}
        {run?.started_at && typeof run.attributes.notebook === 'string' && <StepCells host={host} step={run} />}
      </div>
    </aside>
  );
}
