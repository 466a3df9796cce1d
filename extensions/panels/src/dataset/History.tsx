import { Fragment, useState } from 'react';
import { count, duration, exact, plural } from '../format.js';
import { type Host } from '../host.js';
import { type Id64, type Snapshot } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { useMayChange } from '../ui/Changing.js';
import { Confirm } from '../ui/Confirm.js';
import { copyText } from '../ui/copyText.js';
import { Disclosure } from '../ui/Disclosure.js';
import { Loaded } from '../ui/Loaded.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useKept, useResource } from '../ui/useResource.js';
import { changeInWords, changeOf, Operation } from '../ui/Snapshots.js';
import { When } from '../ui/When.js';
import { Compare } from './Compare.js';
import { type TabProps } from './DatasetPage.js';
import { Edits } from './Edits.js';
import { Refs } from './Refs.js';
import { Schemas } from './Schemas.js';

/** What was done to it, and the ways back. */
export function History({ host, dataset, version, say, onChanged }: TabProps) {
  const { name } = dataset;
  const history = useKept(
    useResource(`${version} ${dataset.branches.join()} ${dataset.tags.join()}`, signal => host.call('datasets.snapshots', { name }, signal)),
    name
  );
  const [marked, setMarked] = useState<Id64[]>([]);
  const mark = (id: Id64) => setMarked(old => (old.includes(id) ? old.filter(each => each !== id) : [...old, id].slice(-2)));
  const restored = () => {
    say('Restored. Nothing was deleted.');
    history.reload();
    onChanged();
  };
  const changed = () => {
    history.reload();
    onChanged();
  };
  return (
    <div className="wb-scroll wb-sections">
      <section aria-label="Snapshots">
        <h3>Snapshots</h3>
        <Loaded of={history} label="Reading the history" failed="The history could not be read.">
          {snapshots =>
            snapshots.length === 0 ? (
              <Empty>Nothing was written yet.</Empty>
            ) : (
              <>
                <Snapshots host={host} name={name} snapshots={snapshots} marked={marked} onMark={mark} onRestored={restored} />
                {marked.length === 2 && <Compare host={host} name={name} snapshots={snapshots} pair={marked} onClose={() => setMarked([])} />}
              </>
            )
          }
        </Loaded>
      </section>
      <Schemas host={host} name={name} version={version} />
      <Edits host={host} name={name} version={version} />
      <Refs host={host} name={name} version={version} snapshots={history.data ?? []} onChanged={changed} />
    </div>
  );
}

/** What it is to main, where that needs a word. */
const STATES: Record<string, string> = { current: 'current', rolled_back: 'rolled back', branch: 'on a branch' };

function Snapshots(props: {
  host: Host;
  name: string;
  snapshots: Snapshot[];
  marked: Id64[];
  onMark: (id: Id64) => void;
  onRestored: () => void;
}) {
  const { host, name, snapshots } = props;
  const [open, setOpen] = useState<Id64 | null>(null);
  const [asked, setAsked] = useState<Snapshot | null>(null);
  const may = useMayChange();
  const current = snapshots.find(snapshot => snapshot.state === 'current') ?? snapshots[0]!;
  const restore = useAction(async (snapshot: Snapshot) => {
    await host.call('datasets.rollback', { name, snapshot_id: snapshot.id });
    setAsked(null);
    props.onRestored();
  });
  return (
    <>
      <div className="wb-sideways">
        <table className="wb-table" aria-label="Snapshots">
          <thead>
            <tr>
              <th>
                <span className="wb-unseen">Compare</span>
              </th>
              <th>When</th>
              <th>What</th>
              <th className="wb-number">Rows</th>
              <th className="wb-number">Total</th>
              <th>
                <span className="wb-unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {snapshots.map(snapshot => (
              <Fragment key={String(snapshot.id)}>
                <tr aria-selected={open === snapshot.id}>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={`Compare snapshot ${snapshot.id}`}
                      title="Two that are ticked are compared"
                      checked={props.marked.includes(snapshot.id)}
                      onChange={() => props.onMark(snapshot.id)}
                    />
                  </td>
                  <td>
                    <Disclosure open={open === snapshot.id} onToggle={() => setOpen(open === snapshot.id ? null : snapshot.id)}>
                      <When at={snapshot.at} />
                    </Disclosure>
                  </td>
                  <td>
                    <Operation snapshot={snapshot} state={snapshot.state ? STATES[snapshot.state] : undefined} />
                  </td>
                  <td className="wb-number" title={changeInWords(snapshot)}>
                    {changeOf(snapshot, count).join(', ')}
                  </td>
                  <td className="wb-number">{exact(snapshot.rows_total)}</td>
                  <td>
                    {/* Only what was on main can become its head again. */}
                    {may && snapshot.id !== current.id && (snapshot.state === 'ancestor' || snapshot.state === 'rolled_back') && (
                      <Button onClick={() => setAsked(snapshot)}>Restore</Button>
                    )}
                  </td>
                </tr>
                {open === snapshot.id && (
                  <tr className="wb-opened">
                    <td colSpan={6}>
                      <Doing host={host} name={name} snapshot={snapshot} />
                    </td>
                  </tr>
                )}
                {asked?.id === snapshot.id && (
                  <tr className="wb-opened">
                    <td colSpan={6}>
                      <Confirm
                        label="Restore this snapshot"
                        action="Restore"
                        busy={restore.busy}
                        onDo={() => void restore.run(snapshot)}
                        onLeave={() => setAsked(null)}
                      >
                        <p>
                          {name} gets the {plural(snapshot.rows_total, 'row')} back that it had <When at={snapshot.at} />, in place of the{' '}
                          {plural(current.rows_total, 'row')} of today, and the columns of that time. Nothing is deleted: the way back is here, too.
                        </p>
                        {restore.error && <Problem title="It was not restored." error={restore.error} />}
                      </Confirm>
                    </td>
                  </tr>
                )}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
      {props.marked.length === 1 && <p className="wb-hint">Tick another snapshot to compare the two.</p>}
    </>
  );
}

/** The run that made a snapshot: read when a person wants to know. */
function Doing({ host, name, snapshot }: { host: Host; name: string; snapshot: Snapshot }) {
  const { run_id } = snapshot;
  const run = useResource(run_id, signal => host.call('runs.get', { run_id: run_id! }, signal));
  const reference = `${name}@${snapshot.id}`;
  const seconds = run.data?.started_at && run.data.ended_at ? (Date.parse(run.data.ended_at) - Date.parse(run.data.started_at)) / 1000 : null;
  const inputs = run.data?.inputs.map(input => input.name) ?? [];
  return (
    <dl className="wb-doing">
      {run_id === null && <p>No run of the workbench made it.</p>}
      {run.error && <p className="wb-hint">{run.error.message}</p>}
      {run.loading && !run.data && <Skeleton label="Reading the run" rows={2} />}
      {run.data && (
        <>
          <dt>By</dt>
          <dd>
            {run.data.principal}, {run.data.kind} {run.data.job}
            {seconds !== null && ` in ${duration(seconds)}`}
          </dd>
          {inputs.length > 0 && (
            <>
              <dt>From</dt>
              <dd>{inputs.join(', ')}</dd>
            </>
          )}
        </>
      )}
      <dt>Read it</dt>
      <dd>
        <code>{reference}</code>
        <IconButton icon="copy" label={`Copy ${reference}`} onClick={() => void copyText(reference)} />
      </dd>
    </dl>
  );
}
