import { useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type Run } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { type Source } from './repair.js';
import { RepairForm, type Wanted } from './RepairForm.js';

/** A run that has ended, carried out again: in the same run from what failed or from a step (`wanted`: what is asked for at the moment), or as a
 * new one; with its own files, or those of now. */
export function Again(props: { host: Host; run: Run; wanted: Wanted | null; onWanted: (wanted: Wanted | null) => void; onStarted: (runId: string) => void }) {
  const { host, run, wanted } = props;
  const [source, setSource] = useState<Source>('current');
  const [error, setError] = useState<WorkbenchError>();
  const [busy, setBusy] = useState(false);
  const rerun = async () => {
    setBusy(true);
    setError(undefined);
    try {
      props.onStarted((await host.call('pipelines.rerun', { run_id: run.id, source })).run.id);
    } catch (problem) {
      setError(WorkbenchError.from(problem));
    }
    setBusy(false);
  };
  return (
    <>
      <div className="wb-again" role="group" aria-label="Carry it out again">
        {run.status !== 'succeeded' && (
          <Button primary={wanted === null} disabled={busy} onClick={() => props.onWanted(wanted ? null : { step: null })} title="Run what did not succeed, and what needs it; the rest is kept">
            Repair…
          </Button>
        )}
        <Button disabled={busy} onClick={() => void rerun()} title="A new run with the same parameters">
          Run again
        </Button>
        <label>
          with{' '}
          <select className="wb-select" value={source} onChange={event => setSource(event.target.value as Source)}>
            <option value="current">the files as they are now</option>
            <option value="pinned">the files of that run</option>
          </select>
        </label>
        {error && <Problem title="It was not started." error={error} />}
      </div>
      {wanted && (
        <RepairForm
          key={wanted.step ?? ''}
          host={host}
          run={run}
          wanted={wanted}
          source={source}
          onStarted={id => {
            props.onWanted(null);
            props.onStarted(id);
          }}
          onClose={() => props.onWanted(null)}
        />
      )}
    </>
  );
}
