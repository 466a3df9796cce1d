import { useState } from 'react';
import { type Host } from '../host.js';
import { type Dataset, type Term } from '../records.js';
import { Button } from '../ui/Button.js';
import { Chips } from '../ui/Chips.js';
import { Editable } from '../ui/Editable.js';
import { LineForm } from '../ui/LineForm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useAdmin } from '../ui/useMe.js';
import { useResource } from '../ui/useResource.js';

/** The terms that a dataset is one of, each with its definition; who may change the glossary adds terms and says otherwise what they mean. */
export function Glossary({ host, dataset, onChanged }: { host: Host; dataset: Dataset; onChanged: () => void }) {
  const { name } = dataset;
  const terms = useResource(`terms ${dataset.terms.join('\n')}`, signal => host.call('catalog.terms', {}, signal));
  const may = useAdmin(host) ?? false;
  const [unknown, setUnknown] = useState<string | null>(null);
  const work = useAction(async (each: () => Promise<unknown>) => {
    await each();
    onChanged();
  });
  const define = async (term: string, definition: string) => {
    await host.call('catalog.define_term', { term, definition });
    terms.reload();
  };
  return (
    <>
      <Chips
        label="Terms of the glossary"
        noun="term"
        may={may}
        values={dataset.terms}
        known={terms.data?.map(term => term.name)}
        error={work.error}
        onAdd={term =>
          terms.data && !terms.data.some(each => each.name === term)
            ? setUnknown(term)
            : void work.run(() => host.call('catalog.link_term', { term, name }))
        }
        onRemove={term => void work.run(() => host.call('catalog.unlink_term', { term, name }))}
      />
      {unknown !== null && (
        <NewTerm
          term={unknown}
          onSave={async definition => {
            await define(unknown, definition);
            await host.call('catalog.link_term', { term: unknown, name });
            setUnknown(null);
            onChanged();
          }}
          onCancel={() => setUnknown(null)}
        />
      )}
      {dataset.terms.map(each => {
        const term = terms.data?.find(known => known.name === each);
        return term && <Meaning key={each} host={host} term={term} may={may} onSave={definition => define(each, definition)} />;
      })}
    </>
  );
}

function Meaning({ host, term, may, onSave }: { host: Host; term: Term; may: boolean; onSave: (definition: string) => Promise<unknown> }) {
  const words = (
    <span className="wb-hint" title={term.definition}>
      {term.name}: {term.definition}
    </span>
  );
  return may ? (
    <Editable host={host} slot={`term:${term.name}`} label={`Definition of ${term.name}`} text={term.definition} add={`Say what ${term.name} means`} rows={3} onSave={onSave}>
      {words}
    </Editable>
  ) : (
    <p>{words}</p>
  );
}

/** A term that nobody has defined yet: what it means is said first. */
function NewTerm({ term, onSave, onCancel }: { term: string; onSave: (definition: string) => Promise<unknown>; onCancel: () => void }) {
  const [definition, write] = useState('');
  const save = useAction(() => onSave(definition.trim()));
  return (
    <LineForm label={`New term ${term}`} onSubmit={() => void save.run()} onCancel={onCancel}>
      <label style={{ flex: '1 1 100%' }}>
        <span>“{term}” is new. What does it mean?</span>
        <input className="wb-input" style={{ width: '100%' }} autoFocus value={definition} onChange={event => write(event.target.value)} />
      </label>
      <Button primary submit disabled={save.busy || !definition.trim()}>
        Add to the glossary
      </Button>
      <Button onClick={onCancel}>Cancel</Button>
      {save.error && <Problem title="It was not added." error={save.error} />}
    </LineForm>
  );
}
