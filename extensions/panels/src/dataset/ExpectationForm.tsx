import { useId, useState } from 'react';
import { type Host } from '../host.js';
import { type Dataset } from '../records.js';
import { EXPECTATION_KINDS } from '../records/quality.js';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { type DraftField, EMPTY_EXPECTATION, type ExpectationDraft, expectationOf, FIELDS, KIND_WORDS } from './expectation.js';

const LABELS: Record<DraftField, [label: string, hint: string]> = {
  column: ['Column', ''],
  low: ['At least', ''],
  high: ['At most', ''],
  values: ['Values', 'AA, UA, DL'],
  pattern: ['Form', '[A-Z]{2}\\d+'],
  dataset: ['Dataset', 'silver.airports'],
  key: ['Its column', 'faa'],
  hours: ['Hours', '24'],
  expression: ['SQL', 'arrived >= departed']
};

/** One more expectation. */
export function ExpectationForm(props: { host: Host; dataset: Dataset; onDone: () => void; onCancel: () => void }) {
  const { host, dataset } = props;
  const [draft, setDraft] = useState<ExpectationDraft>(EMPTY_EXPECTATION);
  const set = (part: Partial<ExpectationDraft>) => setDraft(old => ({ ...old, ...part }));
  const id = useId();
  const save = useAction(async () => {
    await host.call('quality.expect', { name: dataset.name, expectation: expectationOf(draft) });
    props.onDone();
  });
  return (
    <LineForm label="New expectation" onSubmit={() => void save.run()} onCancel={props.onCancel}>
      <label>
        <span>Expect that</span>
        <select className="wb-select" autoFocus value={draft.kind} onChange={event => set({ kind: event.target.value as ExpectationDraft['kind'] })}>
          {EXPECTATION_KINDS.map(kind => (
            <option key={kind} value={kind}>
              {KIND_WORDS[kind]}
            </option>
          ))}
        </select>
      </label>
      {FIELDS[draft.kind].map(field => (
        <label key={field}>
          <span>{draft.kind === 'type' && field === 'pattern' ? 'Type' : LABELS[field][0]}</span>
          <input
            className="wb-input"
            list={field === 'column' ? id : undefined}
            placeholder={LABELS[field][1]}
            value={draft[field]}
            onChange={event => set({ [field]: event.target.value })}
          />
        </label>
      ))}
      <datalist id={id}>
        {dataset.columns.slice(0, 400).map(column => (
          <option key={column.field_id} value={column.name} />
        ))}
      </datalist>
      <label title="The share of the rows that must pass">
        <span>Rows, %</span>
        <input className="wb-input wb-short" inputMode="decimal" value={draft.share} onChange={event => set({ share: event.target.value })} />
      </label>
      <label title="A gate holds a write back that does not pass">
        <span>Else</span>
        <select className="wb-select" value={draft.severity} onChange={event => set({ severity: event.target.value as ExpectationDraft['severity'] })}>
          <option value="warn">say so</option>
          <option value="gate">hold the write back</option>
        </select>
      </label>
      <Button primary submit disabled={save.busy}>
        Add
      </Button>
      <Button onClick={props.onCancel}>Cancel</Button>
      {save.error && <Problem title="It was not added." error={save.error} />}
    </LineForm>
  );
}
