import { ago } from '../format.js';
import { type Run } from '../records.js';
import { inWords, MARKS } from './history.js';

/** The last runs of a pipeline, oldest first: a colour and a mark each, the words in the title. */
export const RunSquares = (props: { name: string; runs: Run[]; current?: string | null; onOpen?: (run: Run) => void }) => (
  <span className="wb-squares" role="group" aria-label={`Last runs of ${props.name}`}>
    {props.runs.map(run => {
      const words = `${inWords(run)}, ${ago(run.ended_at ?? run.started_at ?? run.queued_at)}`;
      return (
        <button
          key={run.id}
          type="button"
          className={`wb-square wb-status-${run.status}`}
          title={words}
          aria-label={words}
          aria-pressed={props.current === undefined ? undefined : props.current === run.id}
          disabled={!props.onOpen}
          onClick={() => props.onOpen?.(run)}
        >
          <span aria-hidden="true">{MARKS[run.status]}</span>
        </button>
      );
    })}
  </span>
);
