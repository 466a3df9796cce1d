import { useState } from 'react';
import { type Host } from '../host.js';
import { type Run } from '../records.js';
import { type Draft } from '../runs/params.js';
import { useAction } from '../ui/useAction.js';
import { useDebounced, useKept, useResource } from '../ui/useResource.js';
import { AgainForm } from './AgainForm.js';
import { othersOf, planOf, type Source, valuesOf } from './repair.js';
import { ParameterFields } from './RunForm.js';

/** What a repair is asked for: of the steps that did not succeed (null), or of one. */
export interface Wanted {
  step: string | null;
}

/** Before a run is repaired: what will run again, and with which parameters. */
export function RepairForm(props: { host: Host; run: Run; wanted: Wanted; source: Source; onStarted: (runId: string) => void; onClose: () => void }) {
  const { host, run, wanted, source } = props;
  const [dependents, setDependents] = useState(true);
  const [typed, setTyped] = useState<Draft>({});
  const chosen = wanted.step === null ? null : [wanted.step];
  const about = { run_id: run.id, source, ...(chosen ? { steps: chosen, dependents } : {}) };
  const owner = `${run.id} ${source}`;
  // What is asked for as it is has the parameters; what was typed may change what has to run again, or be no value.
  const plain = useKept(
    useResource(JSON.stringify(about), signal => host.call('pipelines.preview_repair', about, signal)),
    owner
  );
  const others = plain.data ? othersOf(plain.data, typed) : {};
  const settled = useDebounced(JSON.stringify({ ...about, params: others }), 250);
  const changed = Object.keys(others).length > 0;
  const typedPlan = useKept(
    useResource(changed ? settled : null, signal => host.call('pipelines.preview_repair', JSON.parse(settled) as typeof about, signal)),
    owner
  );
  const found = changed ? typedPlan : plain;
  const plan = changed ? typedPlan.data : plain.data;
  const begin = useAction(async () => {
    props.onStarted((await host.call('pipelines.repair', { ...about, params: others })).run.id);
  });
  return (
    <AgainForm
      title={wanted.step === null ? 'Repair this run' : `Run ${wanted.step} again`}
      ready={plain.data !== undefined || plain.error !== undefined}
      looking={found.loading}
      plan={plan && !found.error ? planOf(plan, chosen) : found.error ? '' : 'Looking what has to run again…'}
      unfit={found.error && { title: 'It cannot be repaired so.', error: found.error }}
      failed={begin.error}
      start={plan?.steps.length === 0 ? 'Publish' : 'Start'}
      mayStart={!begin.busy && plan !== undefined && found.error === undefined}
      onStart={() => void begin.run()}
      onClose={props.onClose}
    >
      {plain.data && plain.data.parameters.length > 0 && (
        <ParameterFields parameters={plain.data.parameters} draft={valuesOf(plain.data, typed)} onChange={(name, value) => setTyped({ ...typed, [name]: value })} />
      )}
      {chosen && (
        <label className="wb-check">
          <input type="checkbox" checked={dependents} onChange={event => setDependents(event.target.checked)} />
          <span>and the steps that need it</span>
        </label>
      )}
    </AgainForm>
  );
}
