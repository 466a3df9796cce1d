import { useEffect, useRef, useState } from 'react';
import { plural } from '../format.js';
import { type Host } from '../host.js';
import { brokenOf } from '../pipelines/history.js';
import { RunButton, RunForm, useStart } from '../pipelines/RunForm.js';
import { RunSquares } from '../pipelines/RunSquares.js';
import { type Pipeline, type Run } from '../records.js';
import { IconButton } from '../ui/Button.js';
import { Disclosure } from '../ui/Disclosure.js';
import { Words } from '../ui/Words.js';
import { PipelineSteps } from './PipelineSteps.js';

interface Props {
  host: Host;
  pipeline: Pipeline;
  /** Its last runs, oldest first. */
  runs: Run[];
  /** Above 0: it is to be shown with its steps; another number is another wish. */
  asked: number;
  onStarted: (runId: string) => void;
}

/** A pipeline with its last runs and its button; what it asks for comes up below before it is started. */
export function PipelineRow({ host, pipeline, runs, asked, onStarted }: Props) {
  const [open, setOpen] = useState(false);
  const head = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (asked > 0) {
      setOpen(true);
      head.current?.scrollIntoView({ block: 'nearest' });
      head.current?.querySelector('button')?.focus();
    }
  }, [asked]);
  const start = useStart(host, pipeline, onStarted);
  const broken = brokenOf(pipeline);
  const page = host.shows('pipeline') && !broken;
  const show = (run?: Run) => void host.open({ kind: 'pipeline', name: pipeline.name, run: run?.id });

  return (
    <li className="wb-pipeline">
      <div ref={head} className="wb-pipeline-head">
        <Disclosure open={open} title={pipeline.description || pipeline.name} disabled={pipeline.steps.length === 0} onToggle={() => setOpen(!open)}>
          <span className="wb-row-name">
            {pipeline.name} <span className="wb-row-reason">{broken ? 'broken' : plural(pipeline.steps.length, 'step')}</span>
          </span>
        </Disclosure>
        {page && <IconButton icon="lineage" label={`Open ${pipeline.name}`} onClick={() => show()} />}
        {!broken && <RunButton of={start} name={pipeline.name} />}
      </div>
      {runs.length > 0 && <RunSquares name={pipeline.name} runs={runs} onOpen={page ? show : undefined} />}
      {broken && (
        <p className="wb-row-note wb-bad wb-break">
          <Words text={broken} />{' '}
          {host.shows('notebook') && (
            <button type="button" className="wb-link" onClick={() => void host.open({ kind: 'notebook', path: `${pipeline.folder}/pipeline.yaml` })}>
              Open pipeline.yaml
            </button>
          )}
        </p>
      )}
      <RunForm of={start} pipeline={pipeline} />
      {open && <PipelineSteps host={host} pipeline={pipeline} />}
    </li>
  );
}
