import { plural } from '../format.js';
import { type DatasetIO, type Run, type RunError, type RunEvent } from '../records.js';
import { stepOf } from './history.js';

export interface Entry {
  seq: number;
  at: string;
  /** The step, or the pipeline. */
  who: string;
  words: string;
  bad: boolean;
}

const dataset = ({ name, rows }: Partial<DatasetIO>): string => (typeof rows === 'number' ? `${plural(rows, 'row')} of ${name}` : String(name));

/** What an event of a run says; null where that is nothing to a person. */
function wordsOf({ type, body }: RunEvent): string | null {
  switch (type) {
    case 'run.queued':
      return 'queued';
    case 'run.started':
      return 'started';
    case 'run.read':
      return `read ${dataset(body)}`;
    case 'run.wrote':
      return `wrote ${dataset(body)}`;
    case 'run.metric':
      return `${body.name as string} = ${body.value as number}`;
    case 'run.succeeded':
      return 'succeeded';
    case 'run.failed': {
      const { message, fix } = body.error as RunError;
      return `failed: ${message}${fix ? ` ${fix}` : ''}`;
    }
    case 'run.cancelled':
      return body.by ? `cancelled by ${body.by as string}` : 'cancelled';
    case 'run.attributes':
      return ofAttributes(body.attributes as Record<string, unknown>);
    default:
      return null;
  }
}

function ofAttributes({ progress, attempts, outputs, skipped }: Record<string, unknown>): string | null {
  if (Array.isArray(attempts) && attempts.length > 0) {
    return `attempt ${attempts.length} failed: ${(attempts.at(-1) as { error: RunError }).error.message}`;
  }
  if (typeof skipped === 'string') {
    return `skipped: ${skipped}`;
  }
  if (outputs) {
    return `gave ${Object.entries(outputs as Record<string, unknown>)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(', ')}`;
  }
  const { cell, cells } = (progress ?? {}) as { cell?: number; cells?: number };
  return cells ? `cell ${cell} of ${cells}` : null;
}

/** What the events of a run, or of a step's, say in order. */
export function entriesOf(run: Run, events: RunEvent[]): Entry[] {
  const who = run.kind === 'step' ? stepOf(run) : run.job;
  return events.flatMap(event => {
    const words = wordsOf(event);
    return words === null ? [] : [{ seq: event.seq, at: event.at, who, words, bad: event.type === 'run.failed' || words.startsWith('attempt ') }];
  });
}
