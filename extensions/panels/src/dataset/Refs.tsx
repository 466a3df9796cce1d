import { useState } from 'react';
import { type Host } from '../host.js';
import { type Ref, type Snapshot } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { useMayChange } from '../ui/Changing.js';
import { Loaded } from '../ui/Loaded.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';

/** Branches and tags: names of snapshots, to keep one or to work beside main. */
export function Refs(props: { host: Host; name: string; version: string; snapshots: Snapshot[]; onChanged: () => void }) {
  const { host, name } = props;
  const refs = useResource(props.version, signal => host.call('datasets.refs', { name }, signal));
  const [draft, setDraft] = useState('');
  const may = useMayChange();
  const [kind, setKind] = useState<Ref['kind']>('tag');
  const [asked, setAsked] = useState<string | null>(null);
  const work = useAction(async (each: () => Promise<unknown>) => {
    await each();
    refs.reload();
    props.onChanged();
  });
  const add = async () => {
    const word = draft.trim();
    const made = () => (kind === 'tag' ? host.call('datasets.create_tag', { name, tag: word }) : host.call('datasets.create_branch', { name, branch: word }));
    if (word && (await work.run(made))) {
      setDraft('');
    }
  };
  const remove = (ref: Ref) => {
    setAsked(null);
    void work.run(() => host.call('datasets.delete_ref', { name, ref: ref.name }));
  };
  const at = (ref: Ref) => props.snapshots.find(snapshot => snapshot.id === ref.snapshot_id)?.at ?? null;
  return (
    <section aria-label="Branches and tags">
      <h3>Branches and tags</h3>
      <Loaded of={refs} label="Reading branches and tags" failed="Branches and tags could not be read." rows={2}>
        {found => (
          <ul className="wb-versions">
            {found.map(ref => (
              <li key={ref.name} className="wb-inline">
                <span>
                  <strong>{ref.name}</strong> <span className="wb-hint">{ref.kind}</span>
                  {at(ref) && (
                    <span className="wb-hint">
                      {' '}
                      at the snapshot of <When at={at(ref)} />
                    </span>
                  )}
                </span>
                {may &&
                  ref.name !== 'main' &&
                  (asked === ref.name ? (
                    <>
                      <Button onClick={() => remove(ref)}>Remove {ref.name}</Button>
                      <Button onClick={() => setAsked(null)}>Keep</Button>
                    </>
                  ) : (
                    <IconButton icon="close" label={`Remove ${ref.kind} ${ref.name}`} onClick={() => setAsked(ref.name)} />
                  ))}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {work.error && <Problem title="It was not done." error={work.error} />}
      {may && (
        <form
          className="wb-inline"
          data-lm-suppress-shortcuts="true"
          onSubmit={event => {
            event.preventDefault();
            void add();
          }}
        >
          <select className="wb-select" aria-label="Kind" value={kind} onChange={event => setKind(event.target.value as Ref['kind'])}>
            <option value="tag">Tag</option>
            <option value="branch">Branch</option>
          </select>
          <input className="wb-input" aria-label={`New ${kind}`} placeholder={`Name of the ${kind}`} value={draft} onChange={event => setDraft(event.target.value)} />
          <Button submit disabled={work.busy || !draft.trim()}>
            Add
          </Button>
        </form>
      )}
    </section>
  );
}
