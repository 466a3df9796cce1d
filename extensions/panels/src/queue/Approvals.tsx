import { type Host } from '../host.js';
import { Decide } from '../pipelines/Decide.js';
import { openRun } from '../pipelines/openRun.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { useKept, useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';

/** Steps that wait for one's own decision; nothing where there are none. */
export function Approvals({ host }: { host: Host }) {
  const found = useKept(
    useResource('approvals', signal => host.call('pipelines.approvals', {}, signal)),
    'approvals'
  );
  useEvents(host, changesRuns, found.reload);
  if (!found.data || found.data.length === 0) {
    return null;
  }
  return (
    <section aria-label="Waiting for your decision">
      <h3>Waiting for your decision</h3>
      <ul className="wb-versions" aria-label="Steps that wait for your decision">
        {found.data.map(each => (
          <li key={each.step_run_id} className="wb-approval">
            <p>
              <button type="button" className="wb-link" onClick={() => void openRun(host, each.name, each.run_id)}>
                {each.name}
              </button>{' '}
              waits at {each.step}{' '}
              <span className="wb-hint">
                asked <When at={each.asked_at} /> of {each.by.join(', ')}, started by {each.submitted_by}
                {each.until && (
                  <>
                    ; it fails <When at={each.until} />
                  </>
                )}
              </span>
            </p>
            <Decide host={host} runId={each.run_id} step={each.step} message={each.message} onDecided={found.reload} />
          </li>
        ))}
      </ul>
    </section>
  );
}
