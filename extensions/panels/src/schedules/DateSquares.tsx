import { MARKS } from '../pipelines/history.js';
import { type ScheduleDate } from '../records.js';
import { inZone } from './draft.js';

/** What became of a date, in words. */
export const becameOf = (date: ScheduleDate): string => date.status ?? (date.state === 'started' ? 'started' : date.state);

/** A schedule's newest dates, oldest first: a colour and a mark each, the words in the title. */
export function DateSquares(props: { name: string; dates: ScheduleDate[]; timezone: string; onOpen: (run: string) => void }) {
  return (
    <span className="wb-squares" role="group" aria-label={`Last dates of ${props.name}`}>
      {[...props.dates].reverse().map(date => {
        const status = date.status ?? (date.state === 'waiting' ? 'queued' : 'skipped');
        const words = [`${inZone(date.due, props.timezone)}: ${becameOf(date)}`, date.note].filter(Boolean).join(', ');
        return (
          <button
            key={`${date.due} ${date.series} ${date.run_id}`}
            type="button"
            className={`wb-square wb-status-${status}`}
            title={words}
            aria-label={words}
            disabled={!date.run_id}
            onClick={() => date.run_id && props.onOpen(date.run_id)}
          >
            <span aria-hidden="true">{MARKS[status]}</span>
          </button>
        );
      })}
    </span>
  );
}
