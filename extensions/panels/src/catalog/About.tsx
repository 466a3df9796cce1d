import { type KeyboardEvent, useEffect, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { plural } from '../format.js';
import { type DatasetSummary } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem, Skeleton } from '../ui/States.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';

/** The description, which can be written here, and where the data lies. */
export function About({ host, dataset }: { host: Host; dataset: DatasetSummary }) {
  const { name } = dataset;
  const full = useResource(`${name} ${dataset.updated_at} ${dataset.description}`, signal => host.call('catalog.get', { name }, signal));
  if (!full.data) {
    return full.error ? (
      <Problem title={`${name} could not be read.`} error={full.error} onRetry={full.reload} />
    ) : (
      <Skeleton label={`Reading ${name}`} rows={4} />
    );
  }
  const facts = full.data;
  const others = facts.branches.filter(branch => branch !== 'main');
  return (
    <div className="wb-scroll wb-about">
      <Description key={name} host={host} name={name} text={facts.description} onSaved={full.reload} />
      <dl>
        {facts.owner && (
          <>
            <dt>Owner</dt>
            <dd>{facts.owner}</dd>
          </>
        )}
        <dt>Updated</dt>
        <dd>
          <When at={facts.updated_at} />
        </dd>
        <dt>Created</dt>
        <dd>
          <When at={facts.created_at} />
        </dd>
        <dt>Stored in</dt>
        <dd title={facts.location}>{plural(facts.files, 'file')}</dd>
        {facts.partitioning.length > 0 && (
          <>
            <dt>Partitioned by</dt>
            <dd>{facts.partitioning.join(', ')}</dd>
          </>
        )}
        {others.length > 0 && (
          <>
            <dt>Branches</dt>
            <dd>{others.join(', ')}</dd>
          </>
        )}
        {facts.tags.length > 0 && (
          <>
            <dt>Tags</dt>
            <dd>{facts.tags.join(', ')}</dd>
          </>
        )}
      </dl>
    </div>
  );
}

const Description = (props: { host: Host; name: string; text: string; onSaved: () => void }) => {
  const [draft, setDraft] = useState<string | null>(null);
  const [error, setError] = useState<WorkbenchError>();
  const [saving, setSaving] = useState(false);
  const slot = `draft:${props.name}`;

  useEffect(() => {
    // What was being written when the page was left is offered again.
    void props.host.storage.get(slot).then(kept => typeof kept === 'string' && setDraft(kept));
  }, [props.host, slot]);

  const write = (text: string | null) => {
    setDraft(text);
    void props.host.storage.set(slot, text);
  };
  const save = async () => {
    setSaving(true);
    try {
      await props.host.call('catalog.describe', { name: props.name, description: draft ?? '' });
      write(null);
      setError(undefined);
      props.onSaved();
    } catch (problem) {
      setError(WorkbenchError.from(problem));
    }
    setSaving(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      write(null);
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      void save();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  if (draft === null) {
    return props.text ? (
      <p className="wb-description">
        {props.text}{' '}
        <button type="button" className="wb-link" onClick={() => write(props.text)}>
          Edit
        </button>
      </p>
    ) : (
      <button type="button" className="wb-link" onClick={() => write('')}>
        Add a description
      </button>
    );
  }
  return (
    <div className="wb-edit" data-lm-suppress-shortcuts="true">
      <textarea
        className="wb-input"
        aria-label={`Description of ${props.name}`}
        rows={3}
        autoFocus
        value={draft}
        onChange={event => write(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {error && <Problem title="The description was not saved." error={error} />}
      <div className="wb-edit-actions">
        <Button onClick={() => write(null)}>Cancel</Button>
        <Button primary disabled={saving} onClick={() => void save()}>
          Save
        </Button>
      </div>
    </div>
  );
};
