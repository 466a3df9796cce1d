import { useEffect, useState } from 'react';
import { type Host } from '../host.js';
import { type Schedule } from '../records.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { isAdmin, useMe } from '../ui/useMe.js';
import { useKept, useResource } from '../ui/useResource.js';
import { Published } from './Published.js';
import { isNotebook } from './draft.js';
import { ScheduleForm } from './ScheduleForm.js';
import { ScheduleRow } from './ScheduleRow.js';

export interface ScheduleRequest {
  /** What a new schedule is asked for: a pipeline's name, or a notebook's path. */
  add?: string;
  round: number;
}

/** What the form is about: a schedule that is changed, or what a new one runs (undefined: it is chosen there). */
type Wanted = { change: Schedule } | { add: string | undefined };

/** The schedules of all pipelines, or of one: when they run next, and what became of their last dates. */
export function Schedules(props: { host: Host; pipeline?: string; request?: ScheduleRequest; looks?: number; onChanged?: () => void }) {
  const { host, pipeline, request } = props;
  const schedules = useKept(
    useResource(pipeline ?? '', signal => host.call('schedules.list', { pipeline }, signal)),
    pipeline ?? ''
  );
  useEvents(host, changesRuns, schedules.reload);
  const me = useMe(host);
  const [wanted, setWanted] = useState<Wanted | null>(request?.add ? { add: request.add } : null);
  const [open, setOpen] = useState<string | null>(null);
  const [notice, say] = useNotice();
  useEffect(() => (request?.add ? setWanted({ add: request.add }) : undefined), [request]);
  const done = (words: string) => {
    say(words);
    schedules.reload();
    props.onChanged?.();
  };
  const button = (primary: boolean) => (
    <Button primary={primary} onClick={() => setWanted({ add: pipeline })}>
      New schedule
    </Button>
  );
  const admin = me.data !== undefined && isAdmin(me.data);
  const key = wanted && ('change' in wanted ? wanted.change.id : `new ${wanted.add ?? ''} ${request?.round ?? 0}`);
  return (
    <div className="wb-schedules">
      {!wanted && (schedules.data?.length ?? 0) > 0 && <div className="wb-schedules-head">{button(true)}</div>}
      {pipeline !== undefined && !isNotebook(pipeline) && <Published key={`${schedules.data?.length} ${props.looks}`} host={host} pipeline={pipeline} mayPublish={admin} onDone={done} />}
      {wanted && (
        <ScheduleForm
          key={key}
          host={host}
          schedule={'change' in wanted ? wanted.change : undefined}
          pipeline={'add' in wanted ? wanted.add : undefined}
          onClose={() => setWanted(null)}
          onDone={made => {
            setWanted(null);
            done(`${made.name}: ${made.words}.`);
          }}
        />
      )}
      <Loaded of={schedules} label="Reading the schedules" failed="The schedules could not be read.">
        {list =>
          list.length === 0 ? (
            !wanted && (
              <div className="wb-empty">
                <p>{pipeline ? `${pipeline} does not run by itself yet.` : 'No pipeline runs by itself yet.'} A schedule runs it at times, or when data comes.</p>
                {button(true)}
              </div>
            )
          ) : (
            <div className="wb-sideways">
              <table className="wb-table" aria-label="Schedules">
                <thead>
                  <tr>
                    {['Schedule', 'When', 'Next', 'Last runs', 'Owner', 'State'].map(word => (
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
                  {list.map(each => (
                    <ScheduleRow
                      key={each.id}
                      host={host}
                      schedule={each}
                      mine={admin || each.owner === me.data?.name}
                      ofOne={pipeline !== undefined}
                      open={open === each.id}
                      onToggle={() => setOpen(open === each.id ? null : each.id)}
                      onChange={() => setWanted({ change: each })}
                      onDone={done}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
      <Notice text={notice} />
    </div>
  );
}
