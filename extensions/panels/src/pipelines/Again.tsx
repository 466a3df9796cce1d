import { useState } from 'react';
import { type Host } from '../host.js';
import { type Pipeline, type Run } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { type Source } from './repair.js';
import { RepairForm, type Wanted } from './RepairForm.js';
import { RerunForm } from './RerunForm.js';

interface AgainProps {
  host: Host;
  run: Run;
  pipeline: Pick<Pipeline, 'parameters' | 'steps'> | undefined;
  wanted: Wanted | 'new' | null;
  onWanted: (wanted: Wanted | 'new' | null) => void;
  onStarted: (runId: string) => void;
}

/** A run that has ended, carried out again: in the same run from what failed or from a step, or as a new one (`wanted`: what is asked for at
 * the moment); with its own files, or those of now. */
export function Again(props: AgainProps) {
  const { host, run, pipeline, wanted } = props;
  const [source, setSource] = useState<Source>('current');
  const rerun = useAction(async () => {
    props.onStarted((await host.call('pipelines.rerun', { run_id: run.id, source })).run.id);
  });
  const asks = Object.keys(run.params).length > 0 || (pipeline?.parameters.length ?? 0) > 0;
  const isNew = wanted === 'new';
  const started = (id: string) => {
    props.onWanted(null);
    props.onStarted(id);
  };
  return (
    <>
      <div className="wb-again" role="group" aria-label="Carry it out again">
        {run.status !== 'succeeded' && (
          <Button
            primary={wanted === null}
            disabled={rerun.busy}
            onClick={() => props.onWanted(wanted && !isNew ? null : { step: null })}
            title="Run what did not succeed, and what needs it; the rest is kept"
          >
            Repair…
          </Button>
        )}
        <Button
          disabled={rerun.busy}
          onClick={() => (asks ? props.onWanted(isNew ? null : 'new') : void rerun.run())}
          title={asks ? 'A new run; its parameters, to be changed, come up first' : 'A new run'}
        >
          {asks ? 'Run again…' : 'Run again'}
        </Button>
        <label>
          with{' '}
          <select className="wb-select" value={source} onChange={event => setSource(event.target.value as Source)}>
            <option value="current">the files as they are now</option>
            <option value="pinned">the files of that run</option>
          </select>
        </label>
        {rerun.error && <Problem title="It was not started." error={rerun.error} />}
      </div>
      {isNew && (
        <RerunForm
          host={host}
          run={run}
          steps={(pipeline?.steps ?? []).map(step => step.name)}
          source={source}
          onStarted={started}
          onClose={() => props.onWanted(null)}
        />
      )}
      {wanted && !isNew && (
        <RepairForm
          key={wanted.step ?? ''}
          host={host}
          run={run}
          wanted={wanted}
          source={source}
          onStarted={started}
          onClose={() => props.onWanted(null)}
        />
      )}
    </>
  );
}
