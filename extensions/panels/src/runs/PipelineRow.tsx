import { type FormEvent, useEffect, useRef, useState } from 'react';
import { plural } from '../format.js';
import { type Host, WorkbenchError } from '../host.js';
import { type Parameter, type Pipeline } from '../records.js';
import { Button } from '../ui/Button.js';
import { Disclosure } from '../ui/Disclosure.js';
import { Problem } from '../ui/States.js';
import { type Draft, draftOf, paramsOf } from './params.js';
import { PipelineSteps } from './PipelineSteps.js';

const Field = ({ parameter: p, value, onChange }: { parameter: Parameter; value: string | boolean; onChange: (value: string | boolean) => void }) => {
  const common = { 'aria-label': p.name, className: 'wb-input', title: p.description || p.name };
  if (p.type === 'bool') {
    return <input type="checkbox" aria-label={p.name} checked={value === true} onChange={event => onChange(event.target.checked)} />;
  }
  if (p.choices.length > 0) {
    return (
      <select {...common} value={String(value)} onChange={event => onChange(event.target.value)}>
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
      value={String(value)}
      onChange={event => onChange(event.target.value)}
    />
  );
};

interface Props {
  host: Host;
  pipeline: Pipeline;
  /** Above 0: it is to be shown with its steps; another number is another wish. */
  asked: number;
  onStarted: (runId: string) => void;
}

/** A pipeline with its button; what it asks for comes up below before it is started. */
export function PipelineRow({ host, pipeline, asked, onStarted }: Props) {
  const [open, setOpen] = useState(false);
  const head = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (asked > 0) {
      setOpen(true);
      head.current?.scrollIntoView({ block: 'nearest' });
      head.current?.querySelector('button')?.focus();
    }
  }, [asked]);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [error, setError] = useState<WorkbenchError>();
  const [busy, setBusy] = useState(false);
  const start = async (event?: FormEvent) => {
    event?.preventDefault();
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

  return (
    <li className="wb-pipeline">
      <div ref={head} className="wb-pipeline-head">
        <Disclosure open={open} title={pipeline.description || pipeline.name} disabled={pipeline.steps.length === 0} onToggle={() => setOpen(!open)}>
          <span className="wb-row-name">
            {pipeline.name} <span className="wb-row-reason">{plural(pipeline.steps.length, 'step')}</span>
          </span>
        </Disclosure>
        <Button onClick={ask} disabled={busy} title={`Run ${pipeline.name}`}>
          {draft ? 'Cancel' : 'Run'}
        </Button>
      </div>
      {draft && (
        <form className="wb-form" data-lm-suppress-shortcuts="true" onSubmit={event => void start(event)} onKeyDown={event => event.key === 'Escape' && setDraft(null)}>
          {pipeline.description && <p className="wb-row-note">{pipeline.description}</p>}
          {pipeline.parameters.map(p => (
            <label key={p.name}>
              <span title={p.description}>{p.name}</span>
              <Field parameter={p} value={draft[p.name] ?? ''} onChange={value => setDraft({ ...draft, [p.name]: value })} />
            </label>
          ))}
          <div className="wb-edit-actions">
            <button type="submit" className="wb-button wb-primary" disabled={busy}>
              Start
            </button>
          </div>
        </form>
      )}
      {open && <PipelineSteps host={host} pipeline={pipeline} />}
      {error && <Problem title={`${pipeline.name} was not started.`} error={error} />}
    </li>
  );
}
