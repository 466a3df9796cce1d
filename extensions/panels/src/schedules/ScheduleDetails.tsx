import { useState } from 'react';
import { type Host } from '../host.js';
import { type Schedule } from '../records.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { Params } from '../ui/Params.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { useKept, useResource } from '../ui/useResource.js';
import { Words } from '../ui/Words.js';
import { BackfillForm } from './BackfillForm.js';
import { Backfills } from './Backfills.js';
import { becameOf } from './DateSquares.js';
import { inZone, spanOf } from './draft.js';

const MISSED = { once: 'the newest is run', all: 'each is run', skip: 'none is run' };
const MEANWHILE = { skip: 'it is passed over', queue: 'it waits', allow: 'both run', cancel: 'the run before is cancelled' };
const SHOWN = 20;

/** What there is to know of one schedule: how it deals with what is in its way, its next dates, what became of its last. */
export function ScheduleDetails(props: { host: Host; schedule: Schedule; mine: boolean; onRun: (run: string) => void }) {
  const { host, schedule, mine } = props;
  const { definition } = schedule;
  const [filling, setFilling] = useState(false);
  const dates = useKept(
    useResource(schedule.name, signal => host.call('schedules.dates', { name: schedule.name, limit: SHOWN }, signal)),
    schedule.name
  );
  const backfills = useKept(
    useResource(schedule.name, signal => host.call('schedules.backfills', { name: schedule.name }, signal)),
    schedule.name
  );
  useEvents(host, changesRuns, () => {
    dates.reload();
    backfills.reload();
  });
  const params = Object.entries(definition.params);
  return (
    <div className="wb-schedule-details">
      <section aria-label={`How ${schedule.name} runs`}>
        <dl>
          {definition.cron && (
            <>
              <dt>Cron</dt>
              <dd>
                <code>{definition.cron}</code> {definition.timezone}
              </dd>
            </>
          )}
          <dt>Runs</dt>
          <dd>{schedule.version === null ? 'nothing: no version is published' : `version ${schedule.version}`}</dd>
          {params.length > 0 && (
            <>
              <dt>With</dt>
              <dd>
                <Params params={params} />
              </dd>
            </>
          )}
          <dt>Missed dates</dt>
          <dd>
            {MISSED[definition.misfire]}
            {definition.misfire_age !== null && `, if not older than ${spanOf(definition.misfire_age)}`}
          </dd>
          <dt>While one runs</dt>
          <dd>{MEANWHILE[definition.overlap]}</dd>
        </dl>
        {mine && definition.cron && !filling && <Button onClick={() => setFilling(true)}>Backfill…</Button>}
        {filling && (
          <BackfillForm
            host={host}
            schedule={schedule}
            onClose={() => setFilling(false)}
            onStarted={() => {
              setFilling(false);
              backfills.reload();
            }}
          />
        )}
        <Backfills host={host} schedule={schedule} of={backfills} mine={mine} />
      </section>
      {schedule.next.length > 0 && (
        <section>
          <h4>Next dates</h4>
          <ol className="wb-schedule-dates" aria-label={`Next dates of ${schedule.name}`}>
            {schedule.next.map(date => (
              <li key={date}>{inZone(date, definition.timezone)}</li>
            ))}
          </ol>
        </section>
      )}
      <section>
        <h4>Last dates</h4>
        <Loaded of={dates} label="Reading the dates" failed="The dates could not be read." rows={3}>
          {list =>
            list.length === 0 ? (
              <p className="wb-hint">None has come yet.</p>
            ) : (
              <ol className="wb-versions" aria-label={`Last dates of ${schedule.name}`}>
                {list.map(date => (
                  <li key={`${date.due} ${date.series} ${date.run_id}`}>
                    {inZone(date.due, definition.timezone)}{' '}
                    {date.run_id ? (
                      <button type="button" className="wb-link" onClick={() => props.onRun(date.run_id!)}>
                        {becameOf(date)}
                      </button>
                    ) : (
                      becameOf(date)
                    )}
                    {date.series && <span className="wb-hint"> in a backfill</span>}
                    {date.note && (
                      <span className="wb-hint">
                        {': '}
                        <Words text={date.note} />
                      </span>
                    )}
                  </li>
                ))}
              </ol>
            )
          }
        </Loaded>
      </section>
    </div>
  );
}
