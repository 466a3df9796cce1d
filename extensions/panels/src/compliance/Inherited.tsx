import { useState } from 'react';
import { type Host } from '../host.js';
import { type InheritedTag } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useResource } from '../ui/useResource.js';
import { ReasonForm } from './ReasonForm.js';

const keyOf = (each: InheritedTag): string => `${each.column} ${each.tag} ${each.rule} ${each.source} ${each.source_column}`;
const wordOf = (each: InheritedTag): string => each.rule ?? each.tag;

/** Tags that a dataset's columns have because of what they were made of, and rules that mask them because they name that; a person clears one
 * with a reason. Nothing where there are none. */
export function Inherited(props: { host: Host; name: string; fresh: number; say: (words: string) => void }) {
  const { host, name, say } = props;
  const tags = useResource(`${name} ${props.fresh}`, signal => host.call('compliance.inherited', { name }, signal));
  const [asked, setAsked] = useState<InheritedTag | null>(null);
  const found = tags.data ?? [];
  if (tags.error) {
    return <Problem title={`What ${name} inherits could not be read.`} error={tags.error} onRetry={tags.reload} />;
  }
  if (found.length === 0) {
    return null;
  }
  return (
    <section className="wb-inherited" aria-label={`Inherited by ${name}`}>
      <h3>Inherited: masks by these tags and rules hold already</h3>
      {asked && (
        <ReasonForm
          label={`Clear ${wordOf(asked)} of ${asked.column}`}
          says={`${asked.column}, and what is made of it, ${asked.rule === null ? `is no ${asked.tag}` : `holds nothing that ${asked.rule} is for`}`}
          verb="Clear"
          failed="It was not cleared."
          act={reason => host.call('compliance.clear', { name, column: asked.column, ...(asked.rule === null ? { tag: asked.tag } : { rule: asked.rule }), reason })}
          onLeave={() => setAsked(null)}
          onDone={() => {
            setAsked(null);
            tags.reload();
            say(`${asked.column} inherits ${wordOf(asked)} no more.`);
          }}
        />
      )}
      <ul className="wb-versions">
        {found.map(each => (
          <li key={keyOf(each)} className="wb-inline">
            <span className="wb-break">
              <strong>{each.column}</strong> {each.rule === null ? <span className="wb-tag">{each.tag}</span> : `masked by ${each.rule}`}{' '}
              <span className="wb-hint">
                from {each.source}
                {each.source_column && `.${each.source_column}`}
              </span>
            </span>
            <Button onClick={() => setAsked(each)}>Clear</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
