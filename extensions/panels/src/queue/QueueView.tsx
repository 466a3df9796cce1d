import { type Host } from '../host.js';
import { openRun } from '../pipelines/openRun.js';
import { type QueueEntry } from '../records.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { isAdmin, useMe } from '../ui/useMe.js';
import { useKept, useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { Words } from '../ui/Words.js';
import { Approvals } from './Approvals.js';
import { Workers } from './Workers.js';

const MOST = 500;

/** What waits in which queue and for what, what is at work, and which workers live. */
export function QueueView({ host }: { host: Host }) {
  const queue = useKept(
    useResource('queue', signal => host.call('jobs.queue', { limit: MOST }, signal)),
    'queue'
  );
  useEvents(host, changesRuns, queue.reload);
  const me = useMe(host);
  const cancel = useAction(async (id: string) => {
    await host.call('runs.cancel', { run_id: id });
    queue.reload();
  });
  const admin = me.data !== undefined && isAdmin(me.data);
  return (
    <div className="wb-scroll wb-sections">
      <Approvals host={host} />
      <section aria-label="Waiting">
        <h3>
          Waiting <span className="wb-hint">{queue.data && queue.data.length > 0 ? `${queue.data.length === MOST ? 'the first ' : ''}${queue.data.length}, in the order in which they will be taken` : ''}</span>
        </h3>
        {cancel.error && <Problem title="It was not cancelled." error={cancel.error} />}
        <Loaded of={queue} label="Reading the queue" failed="The queue could not be read." rows={3}>
          {list => (list.length === 0 ? <p className="wb-hint">Nothing waits. What is started while all places are taken waits here, and says for what.</p> : <Queue host={host} list={list} busy={cancel.busy} onCancel={id => void cancel.run(id)} />)}
        </Loaded>
      </section>
      {admin && <Workers host={host} />}
      {me.data && !admin && <p className="wb-hint">You see what waits of your own runs. The workers are shown to administrators.</p>}
    </div>
  );
}

function Queue(props: { host: Host; list: QueueEntry[]; busy: boolean; onCancel: (id: string) => void }) {
  const { host } = props;
  return (
    <div className="wb-sideways">
      <table className="wb-table" aria-label="What waits">
        <thead>
          <tr>
            <th scope="col" className="wb-number">
              Place
            </th>
            {['What', 'Queue', 'Waits for', 'By', 'Asked for'].map(word => (
              <th key={word} scope="col">
                {word}
              </th>
            ))}
            <th scope="col">
              <span className="wb-unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.list.map(each => (
            <tr key={each.run_id}>
              <td className="wb-number">{each.place ?? ''}</td>
              <td title={each.run_id}>
                {each.kind === 'pipeline' && host.shows('pipeline') ? (
                  <button type="button" className="wb-link" onClick={() => void openRun(host, each.job, each.run_id)}>
                    {each.job}
                  </button>
                ) : (
                  each.job
                )}{' '}
                <span className="wb-hint">{each.kind}</span>
              </td>
              <td>
                {each.queue}
                {each.priority > 0 && <span className="wb-hint"> priority {each.priority}</span>}
              </td>
              <td className="wb-queue-why">
                <Words text={each.waits_for} />
              </td>
              <td>{each.principal}</td>
              <td>
                <When at={each.asked_at} />
              </td>
              <td>
                {each.place !== null && (
                  <Button disabled={props.busy} onClick={() => props.onCancel(each.run_id)} title={`Cancel ${each.job}, which has not begun`}>
                    Cancel
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
