import { useState } from 'react';
import { type Host } from '../host.js';
import { type Run } from '../records.js';
import { type Draft } from '../runs/params.js';
import { useAction } from '../ui/useAction.js';
import { useKept, useResource } from '../ui/useResource.js';
import { AgainForm } from './AgainForm.js';
import { othersOf, type Source, stepsOf, valuesOf } from './repair.js';
import { ParameterFields } from './RunForm.js';

/** Before a run is carried out again as a new one: with which parameters. `steps` are those of the pipeline as it is now. */
export function RerunForm(props: { host: Host; run: Run; steps: readonly string[]; source: Source; onStarted: (runId: string) => void; onClose: () => void }) {
  const { host, run, source } = props;
  const [typed, setTyped] = useState<Draft>({});
  // What all of its steps would be repeated with is what a new run has.
  const steps = source === 'current' && props.steps.length > 0 ? [...props.steps] : stepsOf(run);
  const about = { run_id: run.id, source, steps };
  // Who may start it and not look at it is told no steps, and has no values to change.
  const untold = steps.length === 0;
  const found = useKept(
    useResource(untold ? null : JSON.stringify(about), signal => host.call('pipelines.preview_repair', about, signal)),
    `${run.id} ${source}`
  );
  const plan = found.data;
  const begin = useAction(async () => {
    props.onStarted((await host.call('pipelines.rerun', { run_id: run.id, source, params: plan ? othersOf(plan, typed) : {} })).run.id);
  });
  return (
    <AgainForm
      title="Run again"
      ready={untold || plan !== undefined || found.error !== undefined}
      looking={found.loading}
      plan={found.error ? '' : untold || plan ? 'A new run, of all steps.' : 'Looking what it was run with…'}
      unfit={found.error && { title: 'It cannot be run again so.', error: found.error }}
      failed={begin.error}
      start="Start"
      mayStart={!begin.busy && (untold || (plan !== undefined && found.error === undefined))}
      onStart={() => void begin.run()}
      onClose={props.onClose}
    >
      {plan && plan.parameters.length > 0 && (
        <ParameterFields parameters={plan.parameters} draft={valuesOf(plan, typed)} onChange={(name, value) => setTyped({ ...typed, [name]: value })} />
      )}
    </AgainForm>
  );
}
