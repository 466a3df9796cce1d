import { type Host } from '../host.js';
import { plural } from '../format.js';
import { type DatasetSummary } from '../records.js';
import { Editable } from '../ui/Editable.js';
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
      <Editable
        key={name}
        host={host}
        slot={`draft:${name}`}
        label={`Description of ${name}`}
        text={facts.description}
        add="Add a description"
        rows={3}
        onSave={description => host.call('catalog.describe', { name, description }).then(full.reload)}
      >
        <span className="wb-description">{facts.description}</span>
      </Editable>
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
        <dd title={facts.location}>{facts.files === null ? '–' : plural(facts.files, 'file')}</dd>
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
