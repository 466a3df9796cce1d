import { exact } from '../format.js';
import { type Host } from '../host.js';
import { type Backfill, type Schedule } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { type Resource } from '../ui/useResource.js';
import { When } from '../ui/When.js';

const inWords = (b: Backfill): string =>
  [
    b.running > 0 && `${exact(b.running)} at work`,
    b.succeeded > 0 && `${exact(b.succeeded)} succeeded`,
    b.failed > 0 && `${exact(b.failed)} failed`,
    b.skipped > 0 && `${exact(b.skipped)} left out`,
    b.left > 0 && `${exact(b.left)} left`
  ]
    .filter(Boolean)
    .join(', ');

/** The backfills of a schedule, each with how far it is. */
export function Backfills(props: { host: Host; schedule: Schedule; of: Resource<Backfill[]>; mine: boolean }) {
  const { host, of } = props;
  const cancel = useAction(async (id: string) => {
    await host.call('schedules.cancel_backfill', { id });
    of.reload();
  });
  if (!of.data || of.data.length === 0) {
    return null;
  }
  const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: props.schedule.definition.timezone });
  return (
    <>
      <h4>Backfills</h4>
      <ul className="wb-versions" aria-label={`Backfills of ${props.schedule.name}`}>
        {of.data.map(each => (
          <li key={each.id} className="wb-inline">
            <span>
              {day.format(new Date(each.start))} to {day.format(new Date(each.end))}
            </span>
            <progress className="wb-progress" aria-label="Dates that are done" max={each.total} value={each.total - each.left - each.running} />
            <span>
              {each.state}
              {inWords(each) && `: ${inWords(each)}`}
            </span>
            <span className="wb-hint">
              <When at={each.made_at} /> by {each.by}
              {each.note && `, ${each.note}`}
            </span>
            {each.state === 'running' && props.mine && (
              <Button disabled={cancel.busy} onClick={() => void cancel.run(each.id)}>
                Cancel backfill
              </Button>
            )}
          </li>
        ))}
      </ul>
      {cancel.error && <Problem title="The backfill goes on." error={cancel.error} />}
    </>
  );
}
