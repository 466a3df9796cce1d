import { useEffect } from 'react';
import { bytes } from '../format.js';
import { type Host } from '../host.js';
import { openRun } from '../pipelines/openRun.js';
import { Loaded } from '../ui/Loaded.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { useKept, useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';

/** A heartbeat is no event: it is looked at while the page is open. */
const LOOK_MS = 10_000;

const amount = (name: string, value: number): string => `${name} ${name === 'memory' ? bytes(value) : value}`;

/** The workers: who lives, when each was last heard of, and what it carries out. */
export function Workers({ host }: { host: Host }) {
  const workers = useKept(
    useResource('workers', signal => host.call('jobs.workers', {}, signal)),
    'workers'
  );
  const { reload } = workers;
  useEvents(host, changesRuns, reload);
  useEffect(() => {
    const timer = setInterval(reload, LOOK_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <section aria-label="Workers">
      <h3>Workers</h3>
      <Loaded of={workers} label="Reading the workers" failed="The workers could not be read." rows={3}>
        {list =>
          list.length === 0 ? (
            <p className="wb-hint">
              No worker runs: what is started waits. <code>workbench up</code> in a terminal starts one.
            </p>
          ) : (
            <div className="wb-sideways">
              <table className="wb-table" aria-label="Workers">
                <thead>
                  <tr>
                    {['Worker', 'State', 'Last heard of', 'Places', 'Its machine has', 'Carries out'].map(word => (
                      <th key={word} scope="col" className={word === 'Places' ? 'wb-number' : undefined} title={word === 'Places' ? 'How many steps it works on at once' : undefined}>
                        {word}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {list.map(worker => (
                    <tr key={worker.id}>
                      <th scope="row" title={worker.id}>
                        {worker.name}{' '}
                        <span className="wb-hint">
                          {worker.host}, process {worker.pid}
                        </span>
                      </th>
                      <td>
                        <span className={worker.status === 'alive' ? 'wb-good' : 'wb-bad'} title={worker.status === 'silent' ? 'Another worker takes over what it had' : undefined}>
                          {worker.status}
                        </span>
                      </td>
                      <td>
                        <When at={worker.heartbeat_at} />
                      </td>
                      <td className="wb-number">{worker.slots ?? ''}</td>
                      <td>
                        {Object.entries(worker.resources)
                          .map(([name, value]) => amount(name, value))
                          .join(', ') || <span className="wb-hint">not said</span>}
                      </td>
                      <td>
                        {worker.runs.length === 0 && <span className="wb-hint">nothing</span>}
                        <ul className="wb-versions">
                          {worker.runs.map(run => (
                            <li key={run.run_id}>
                              {run.kind === 'pipeline' && host.shows('pipeline') ? (
                                <button type="button" className="wb-link" onClick={() => void openRun(host, run.job, run.run_id)}>
                                  {run.job}
                                </button>
                              ) : (
                                run.job
                              )}{' '}
                              <span className="wb-hint">
                                {run.parts.map(part => part.slice(part.lastIndexOf('.') + 1)).join(', ') || run.kind}, <When at={run.started_at} />, {run.principal}
                              </span>
                            </li>
                          ))}
                        </ul>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </section>
  );
}
