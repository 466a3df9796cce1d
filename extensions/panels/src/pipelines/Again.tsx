import { useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type Run } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';

type Source = 'pinned' | 'current';

/** A run that has ended, carried out again: in the same run from what failed, or as a new one; with its own files, or those of now. */
export function Again(props: { host: Host; run: Run; onStarted: (runId: string) => void }) {
  const { host, run } = props;
  const [source, setSource] = useState<Source>('current');
  const [error, setError] = useState<WorkbenchError>();
  const [busy, setBusy] = useState(false);
  const ask = async (verb: 'pipelines.repair' | 'pipelines.rerun') => {
    setBusy(true);
    setError(undefined);
    try {
      props.onStarted((await host.call(verb, { run_id: run.id, source })).run.id);
    } catch (problem) {
      setError(WorkbenchError.from(problem));
    }
    setBusy(false);
  };
  const repairs = Array.isArray(run.attributes.repairs) ? run.attributes.repairs.length : 0;
  return (
    <div className="wb-again">
      {run.status !== 'succeeded' && (
        <Button primary disabled={busy} onClick={() => void ask('pipelines.repair')} title="Run what did not succeed, and what needs it; the rest is kept">
          Repair
        </Button>
      )}
      <Button disabled={busy} onClick={() => void ask('pipelines.rerun')} title="A new run with the same parameters">
        Run again
      </Button>
      <label>
        with{' '}
        <select className="wb-select" value={source} onChange={event => setSource(event.target.value as Source)}>
          <option value="current">the files as they are now</option>
          <option value="pinned">the files of that run</option>
        </select>
      </label>
      {repairs > 0 && <span className="wb-row-note">repaired {repairs === 1 ? 'once' : `${repairs} times`}</span>}
      {error && <Problem title="It was not started." error={error} />}
    </div>
  );
}
