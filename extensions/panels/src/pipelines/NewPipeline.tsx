import { type FormEvent, useId, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type Pipeline, type TemplateName } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useResource } from '../ui/useResource.js';

/** A name and a template: what a pipeline begins as. */
export function NewPipeline(props: { host: Host; onMade: (pipeline: Pipeline) => void; onClose: () => void }) {
  const { host } = props;
  const id = useId();
  const templates = useResource('templates', signal => host.call('pipelines.templates', {}, signal));
  const [name, setName] = useState('');
  const [template, setTemplate] = useState<TemplateName>('ingest');
  const [error, setError] = useState<WorkbenchError>();
  const [busy, setBusy] = useState(false);
  const chosen = templates.data?.find(each => each.name === template);
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      props.onMade(await host.call('pipelines.new', { name: name.trim(), template }));
    } catch (problem) {
      setError(WorkbenchError.from(problem));
      setBusy(false);
    }
  };
  return (
    <form
      className="wb-form wb-new-pipeline"
      aria-label="New pipeline"
      data-lm-suppress-shortcuts="true"
      onSubmit={event => void make(event)}
      onKeyDown={event => event.key === 'Escape' && props.onClose()}
    >
      <label>
        <span>Name</span>
        <input className="wb-input" required autoFocus spellCheck={false} placeholder="daily-load" value={name} onChange={event => setName(event.target.value)} />
      </label>
      <label>
        <span>Template</span>
        <select className="wb-select" aria-describedby={id} value={template} onChange={event => setTemplate(event.target.value as TemplateName)}>
          {(templates.data ?? []).map(each => (
            <option key={each.name}>{each.name}</option>
          ))}
        </select>
      </label>
      <p id={id} className="wb-row-note">
        {chosen?.description}
      </p>
      {error && <Problem title="The pipeline was not made." error={error} />}
      {templates.error && <Problem title="The templates could not be read." error={templates.error} onRetry={templates.reload} />}
      <div className="wb-edit-actions">
        <Button onClick={props.onClose}>Cancel</Button>
        <Button submit primary disabled={busy || !chosen}>
          Make
        </Button>
      </div>
    </form>
  );
}
