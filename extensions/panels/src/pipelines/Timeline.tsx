import { duration } from '../format.js';
import { type Run } from '../records.js';
import { isOver, took } from '../runs/params.js';
import { Status } from '../ui/Status.js';
import { useNow } from '../ui/useNow.js';
import { barsOf, stepOf, ticks } from './history.js';

/** A run's steps in time: what waited, what failed and was tried again, what ran. A table, so that it can be read without its bars. */
export function Timeline(props: { run: Run; steps: Run[]; selected: string | null; onSelect: (step: string) => void; onOpen: (step: string) => void }) {
  const { run, steps } = props;
  const now = useNow(!isOver(run), 500);
  const begun = Date.parse(run.queued_at ?? run.started_at ?? new Date(now).toISOString());
  const end = Math.max(run.ended_at ? Date.parse(run.ended_at) : now, begun + 100);
  const place = (at: number) => `${(100 * (Math.min(Math.max(at, begun), end) - begun)) / (end - begun)}%`;
  const marks = ticks((end - begun) / 1000);
  return (
    <table className="wb-table wb-timeline" aria-label={`Steps of ${run.job} in time`}>
      <thead>
        <tr>
          <th scope="col">Step</th>
          <th scope="col">Status</th>
          <th scope="col" className="wb-number">
            Took
          </th>
          <th scope="col" className="wb-timeline-axis">
            <span className="wb-unseen">Waiting and running</span>
            {marks.map(seconds => (
              <span key={seconds} aria-hidden="true" style={{ left: place(begun + seconds * 1000) }}>
                {duration(seconds)}
              </span>
            ))}
          </th>
        </tr>
      </thead>
      <tbody>
        {steps.map(step => {
          const name = stepOf(step);
          const seconds = took(step, now);
          const bars = barsOf(step, begun, now);
          return (
            <tr key={step.id} aria-selected={name === props.selected}>
              <th scope="row">
                <button type="button" className="wb-link wb-row-name" title={name} onClick={event => (event.detail === 0 ? props.onOpen : props.onSelect)(name)}>
                  {name}
                </button>
              </th>
              <td>
                <Status status={step.status} />
              </td>
              <td className="wb-number">{seconds === null ? '' : duration(isOver(step) ? seconds : Math.round(seconds))}</td>
              <td className="wb-timeline-bars">
                {bars.map(bar => (
                  <span
                    key={`${bar.kind}${bar.from}`}
                    className={`wb-gantt wb-gantt-${bar.kind}`}
                    title={bar.words}
                    style={{ left: place(bar.from), width: `max(2px, ${(100 * (bar.to - bar.from)) / (end - begun)}%)` }}
                  />
                ))}
                <span className="wb-unseen">{bars.map(bar => bar.words).join(', ')}</span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
