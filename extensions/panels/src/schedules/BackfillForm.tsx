import { useState } from 'react';
import { exact, plural } from '../format.js';
import { type Host } from '../host.js';
import { type Backfill, type Schedule } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useDebounced, useResource } from '../ui/useResource.js';
import { inZone } from './draft.js';

const MOST = 100;

/** A range of days whose dates are run later; which these are is shown before. */
export function BackfillForm(props: { host: Host; schedule: Schedule; onStarted: (backfill: Backfill) => void; onClose: () => void }) {
  const { host, schedule } = props;
  const { timezone } = schedule.definition;
  const [start, setStart] = useState('');
  const [end, setEnd] = useState('');
  const [atOnce, setAtOnce] = useState('1');
  const [again, setAgain] = useState(false);
  const whole = start !== '' && end !== '' ? JSON.stringify({ name: schedule.name, start, end, again }) : null;
  const asked = useDebounced(whole, 250);
  const found = useResource(asked, signal => host.call('schedules.preview_backfill', JSON.parse(asked!) as { name: string; start: string; end: string; again: boolean }, signal));
  const told = whole === asked ? found.data : undefined;
  const begin = useAction(async () => {
    props.onStarted(await host.call('schedules.backfill', { name: schedule.name, start, end, again, at_once: Number(atOnce) }));
  });
  const left = told ? told.total - told.skipped : 0;
  return (
    <form
      className="wb-schedule-form"
      aria-label={`Backfill of ${schedule.name}`}
      data-lm-suppress-shortcuts="true"
      onSubmit={event => {
        event.preventDefault();
        void begin.run();
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.onClose();
        }
      }}
    >
      <div className="wb-schedule-line">
        <label>
          <span>From</span>
          <input className="wb-input" type="date" required autoFocus value={start} onChange={event => setStart(event.target.value)} />
        </label>
        <label>
          <span>To</span>
          <input className="wb-input" type="date" required min={start} value={end} onChange={event => setEnd(event.target.value)} />
        </label>
        <label>
          <span>At a time</span>
          <input className="wb-input wb-short" type="number" required min={1} max={MOST} value={atOnce} onChange={event => setAtOnce(event.target.value)} />
        </label>
        <label className="wb-check">
          <input type="checkbox" checked={again} onChange={event => setAgain(event.target.checked)} /> also what has succeeded
        </label>
      </div>
      <div role="status" aria-live="polite">
        {told && (
          <>
            <p>
              <strong>{left === 0 ? 'Nothing is left to run' : `${plural(left, 'date')} would run`}</strong>
              {told.skipped > 0 && <span className="wb-hint">, {exact(told.skipped)} left out as they have succeeded</span>}
            </p>
            <ol className="wb-schedule-dates" aria-label="Dates that would run">
              {told.dates.map(date => (
                <li key={date}>{inZone(date, timezone)}</li>
              ))}
            </ol>
            {left > told.dates.length && <p className="wb-hint">and {exact(left - told.dates.length)} more</p>}
          </>
        )}
        {!told && !found.error && <p className="wb-hint">{whole ? 'Looking which dates these are' : 'Choose two days: the dates between them are shown before anything runs.'}</p>}
      </div>
      {found.error && <Problem title="This range cannot be run." error={found.error} />}
      {begin.error && <Problem title="The backfill was not started." error={begin.error} />}
      <div className="wb-edit-actions wb-start">
        <Button submit primary disabled={begin.busy || left === 0}>
          {left > 0 ? `Run ${plural(left, 'date')}` : 'Run'}
        </Button>
        <Button onClick={props.onClose}>Cancel</Button>
      </div>
    </form>
  );
}
