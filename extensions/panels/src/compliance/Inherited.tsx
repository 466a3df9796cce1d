import { useState } from 'react';
import { type Host } from '../host.js';
import { type InheritedTag } from '../records.js';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';

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
        <Clear
          host={host}
          name={name}
          of={asked}
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

function Clear(props: { host: Host; name: string; of: InheritedTag; onDone: () => void; onLeave: () => void }) {
  const { host, name, of } = props;
  const [reason, setReason] = useState('');
  const clear = useAction(async () => {
    await host.call('compliance.clear', {
      name,
      column: of.column,
      ...(of.rule === null ? { tag: of.tag } : { rule: of.rule }),
      reason: reason.trim()
    });
    props.onDone();
  });
  return (
    <LineForm label={`Clear ${wordOf(of)} of ${of.column}`} onSubmit={() => void clear.run()} onCancel={props.onLeave}>
      <label>
        <span>
          {of.column}, and what is made of it, {of.rule === null ? `is no ${of.tag}` : `holds nothing that ${of.rule} is for`}
        </span>
        <input className="wb-input wb-wider" autoFocus aria-label="Reason" placeholder="Why (kept)" value={reason} onChange={event => setReason(event.target.value)} />
      </label>
      <Button primary submit disabled={clear.busy || !reason.trim()}>
        Clear
      </Button>
      <Button onClick={props.onLeave}>Leave as it is</Button>
      {clear.error && <Problem title="It was not cleared." error={clear.error} />}
    </LineForm>
  );
}
