import { type FormEvent, useEffect, useRef, useState } from 'react';
import { type Host } from '../host.js';
import { type Run } from '../records.js';
import { type Draft } from '../runs/params.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useDebounced, useKept, useResource } from '../ui/useResource.js';
import { othersOf, planOf, type Source, valuesOf } from './repair.js';
import { ParameterFields } from './RunForm.js';

/** What a repair is asked for: of the steps that did not succeed (null), or of one. */
export interface Wanted {
  step: string | null;
}

/** Before a run is repaired: what will run again, and with which parameters. */
export function RepairForm(props: { host: Host; run: Run; wanted: Wanted; source: Source; onStarted: (runId: string) => void; onClose: () => void }) {
  const { host, run, wanted, source } = props;
  const form = useRef<HTMLFormElement>(null);
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
  const ready = plain.data !== undefined || plain.error !== undefined;
  // Once: who chooses other files outside of the form stays there.
  const entered = useRef(false);
  useEffect(() => {
    if (ready && !entered.current) {
      entered.current = true;
      form.current?.querySelector<HTMLElement>('input, select, button:not(:disabled)')?.focus();
    }
  }, [ready]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void begin.run();
  };
  const title = wanted.step === null ? 'Repair this run' : `Run ${wanted.step} again`;
  return (
    <form
      ref={form}
      className="wb-form wb-repair-form"
      aria-label={title}
      data-lm-suppress-shortcuts="true"
      onSubmit={submit}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          props.onClose();
          event.stopPropagation();
        }
      }}
    >
      <h3>{title}</h3>
      {plain.data && plain.data.parameters.length > 0 && (
        <ParameterFields parameters={plain.data.parameters} draft={valuesOf(plain.data, typed)} onChange={(name, value) => setTyped({ ...typed, [name]: value })} />
      )}
      {chosen && (
        <label className="wb-check">
          <input type="checkbox" checked={dependents} onChange={event => setDependents(event.target.checked)} />
          <span>and the steps that need it</span>
        </label>
      )}
      <p className="wb-repair-plan" role="status" aria-busy={found.loading || undefined}>
        {plan && !found.error ? planOf(plan, chosen) : found.error ? '' : 'Looking what has to run again…'}
      </p>
      {found.error && <Problem title="It cannot be repaired so." error={found.error} />}
      {begin.error && <Problem title="It was not started." error={begin.error} />}
      <div className="wb-edit-actions wb-start">
        <Button submit primary disabled={begin.busy || !plan || found.error !== undefined}>
          {plan?.steps.length === 0 ? 'Publish' : 'Start'}
        </Button>
        <Button onClick={props.onClose}>Cancel</Button>
      </div>
    </form>
  );
}
