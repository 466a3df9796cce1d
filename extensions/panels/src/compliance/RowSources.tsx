import { useState } from 'react';
import { type Host } from '../host.js';
import { type RowFilter, type RowSource } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';
import { ReasonForm } from './ReasonForm.js';
import { madeOfInWords } from './words.js';

/** Row filters that a dataset has because of what its rows were made of; a person lifts those of one source with a reason. Nothing where there are none. */
export function RowSources(props: { host: Host; name: string; version: string; onReleased: () => void }) {
  const { host, name } = props;
  const sources = useResource(`${props.version} ${name}`, signal => host.call('compliance.row_sources', { name }, signal));
  const [asked, setAsked] = useState<RowSource | null>(null);
  const withdraw = useAction(async (source: string) => {
    await host.call('compliance.withdraw', { name, source });
    sources.reload();
    props.onReleased();
  });
  const found = (sources.data ?? []).filter(each => each.filters.length > 0 || each.released_by);
  if (sources.error) {
    return <Problem title={`What the rows of ${name} were made of could not be read.`} error={sources.error} onRetry={sources.reload} />;
  }
  if (found.length === 0) {
    return null;
  }
  return (
    <section aria-label={`Whose rows ${name} was made of`}>
      <h3>Row filters of what it was made of</h3>
      {asked && (
        <ReasonForm
          label={`Release ${name}`}
          says={`Whoever may read ${name} may see all its rows, whatever filter ${asked.source} has`}
          verb="Release"
          failed="It was not released."
          act={reason => host.call('compliance.release', { name, source: asked.source, reason })}
          onLeave={() => setAsked(null)}
          onDone={() => {
            setAsked(null);
            sources.reload();
            props.onReleased();
          }}
        />
      )}
      {withdraw.error && <Problem title="It was not taken back." error={withdraw.error} />}
      <ul className="wb-versions">
        {found.map(each => (
          <li key={each.source} className="wb-inline">
            <span className="wb-break">
              <strong>{each.source}</strong> <span className="wb-hint">{madeOfInWords(each)}</span>{' '}
              {each.filters.map(filter => (
                <Held key={`${filter.rule} ${filter.where}`} filter={filter} />
              ))}
            </span>
            {each.released_by ? (
              <Button title={`The row filters of ${each.source} hold again`} disabled={withdraw.busy} onClick={() => void withdraw.run(each.source)}>
                Take back
              </Button>
            ) : (
              <Button onClick={() => setAsked(each)}>Release</Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

const Held = ({ filter }: { filter: RowFilter }) => (
  <span className="wb-tag" title={filter.lost ? 'What it asks for did not come over: whom it is for sees no row.' : `Only where ${filter.where}`}>
    {filter.rule}
  </span>
);
