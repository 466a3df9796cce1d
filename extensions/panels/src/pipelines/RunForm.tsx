import { type FormEvent, useEffect, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type Parameter, type Pipeline } from '../records.js';
import { type Draft, draftOf, paramsOf } from '../runs/params.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';

/** What an empty field means. */
const unsaid = (p: Parameter): string => (p.default === null || p.default === undefined ? 'no value' : `default: ${String(p.default)}`);

const Field = ({ parameter: p, value, onChange }: { parameter: Parameter; value: string | boolean; onChange: (value: string | boolean) => void }) => {
  const common = { 'aria-label': p.name, className: 'wb-input', title: p.description || p.name };
  if (p.type === 'bool') {
    return <input type="checkbox" aria-label={p.name} checked={value === true} onChange={event => onChange(event.target.checked)} />;
  }
  if (p.choices.length > 0) {
    return (
      <select {...common} required={p.required} value={String(value)} onChange={event => onChange(event.target.value)}>
        {(!p.required || value === '') && <option value="">{unsaid(p)}</option>}
        {p.choices.map(choice => (
          <option key={String(choice)}>{String(choice)}</option>
        ))}
      </select>
    );
  }
  const numeric = p.type === 'int' || p.type === 'float';
  return (
    <input
      {...common}
      type={numeric ? 'number' : p.type === 'date' ? 'date' : 'text'}
      step={p.type === 'float' ? 'any' : undefined}
      min={p.minimum ?? undefined}
      max={p.maximum ?? undefined}
      required={p.required}
      placeholder={p.required ? undefined : unsaid(p)}
      value={String(value)}
      onChange={event => onChange(event.target.value)}
    />
  );
};

/** A field for each parameter, by its type. */
export const ParameterFields = (props: { parameters: Parameter[]; draft: Draft; onChange: (name: string, value: string | boolean) => void }) => (
  <>
    {props.parameters.map(p => (
      <label key={p.name}>
        <span title={p.description}>{p.name}</span>
        <Field parameter={p} value={props.draft[p.name] ?? ''} onChange={value => props.onChange(p.name, value)} />
        {/* A date's field shows no words of ours. */}
        {p.type === 'date' && p.choices.length === 0 && !p.required && (props.draft[p.name] ?? '') === '' && <span className="wb-row-note">{unsaid(p)}</span>}
      </label>
    ))}
  </>
);

/** Starting a pipeline: what it asks for comes up first. `draft` null: nothing is asked for at the moment. */
export function useStart(host: Host, pipeline: Pick<Pipeline, 'name' | 'parameters'>, onStarted: (runId: string) => void) {
  const [draft, setDraft] = useState<Draft | null>(null);
  const [error, setError] = useState<WorkbenchError>();
  const [busy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const begun = await host.call('pipelines.run', { name: pipeline.name, params: paramsOf(pipeline.parameters, draft ?? {}) });
      setDraft(null);
      onStarted(begun.run.id);
    } catch (problem) {
      setError(WorkbenchError.from(problem));
    }
    setBusy(false);
  };
  const ask = () => (pipeline.parameters.length > 0 ? setDraft(draft ? null : draftOf(pipeline.parameters)) : void start());
  return { draft, setDraft, error, busy, start, ask };
}

export type Start = ReturnType<typeof useStart>;

export const RunButton = ({ of, name, primary }: { of: Start; name: string; primary?: boolean }) => (
  <Button onClick={of.ask} disabled={of.busy} primary={primary && !of.draft} title={`Run ${name}`}>
    {of.draft ? 'Cancel' : 'Run'}
  </Button>
);

/** The typed parameters of a pipeline, while it is about to be started; and why it was not. */
export function RunForm({ of, pipeline }: { of: Start; pipeline: Pipeline }) {
  const { draft, setDraft } = of;
  const form = useRef<HTMLFormElement>(null);
  const asks = draft !== null;
  // One goes on there, and back to what opened it.
  useEffect(() => (asks ? form.current?.querySelector<HTMLElement>('input, select, button')?.focus() : undefined), [asks]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void of.start();
  };
  return (
    <>
      {draft && (
        <form ref={form} className="wb-form" aria-label={`Run ${pipeline.name}`} data-lm-suppress-shortcuts="true" onSubmit={submit} onKeyDown={event => event.key === 'Escape' && setDraft(null)}>
          {pipeline.description && <p className="wb-row-note">{pipeline.description}</p>}
          <ParameterFields parameters={pipeline.parameters} draft={draft} onChange={(name, value) => setDraft({ ...draft, [name]: value })} />
          <div className="wb-edit-actions">
            <Button submit primary disabled={of.busy}>
              Start
            </Button>
          </div>
        </form>
      )}
      {of.error && <Problem title={`${pipeline.name} was not started.`} error={of.error} />}
    </>
  );
}
