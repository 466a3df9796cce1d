import { duration } from '../format.js';
import { type Pipeline, type Run, type Step } from '../records.js';
import { took } from '../runs/params.js';

/** How many runs of a pipeline are shown as squares. */
export const SQUARES = 8;

/** A mark beside each colour, for who does not tell them apart. */
export const MARKS: Record<Run['status'], string> = { succeeded: '✓', failed: '✕', cancelled: '–', running: '▸', queued: '…', skipped: '○' };

/** The last runs of each pipeline, oldest first; `runs` are newest first. */
export function lastRuns(runs: Run[]): Map<string, Run[]> {
  const found = new Map<string, Run[]>();
  for (const run of runs.filter(each => each.kind === 'pipeline')) {
    const known = found.get(run.job) ?? [];
    if (known.length < SQUARES) {
      found.set(run.job, [run, ...known]);
    }
  }
  return found;
}

/** Which pipelines have had more runs, maybe, than are among the `known` newest of all, of which so many (`asked`) were asked for. */
export const pushedOut = (names: string[], known: Run[], asked: number): string[] => {
  const last = lastRuns(known);
  return known.length < asked ? [] : names.filter(name => (last.get(name)?.length ?? 0) < SQUARES);
};

/** A run in a line: how it ended, and how long it took. */
export function inWords(run: Run, now = Date.now()): string {
  const seconds = took(run, now);
  return [run.status, seconds !== null && `${run.status === 'running' ? 'for' : 'took'} ${duration(seconds)}`].filter(Boolean).join(', ');
}

/** The name of a step's run. */
export const stepOf = (run: Run): string => (typeof run.attributes.step === 'string' ? run.attributes.step : run.job.slice(run.job.lastIndexOf('.') + 1));

/** What it runs, below the pipeline's folder: of `clean.py:clean` the file. */
export const fileOf = (step: Step): string => (step.approve ? 'pipeline.yaml' : step.function?.replace(/:[^:]*$/, '')) ?? step.sql ?? step.notebook ?? '';

export const kindOf = (step: Step): string => (step.approve ? 'approval' : step.function ? `function ${step.function.split(':').at(-1)}` : step.sql ? 'SQL' : 'notebook');

/** Whether what is written in a filter fits a pipeline. */
export const fits = ({ name, description }: Pipeline, text: string): boolean => `${name} ${description}`.toLowerCase().includes(text.trim().toLowerCase());

/** What is wrong with a pipeline whose file cannot be read; null where all is well. */
export const brokenOf = ({ steps, description }: Pick<Pipeline, 'steps' | 'description'>): string | null => (steps.length === 0 && description.startsWith('Broken: ') ? description.slice('Broken: '.length) : null);

interface Attempt {
  error: { message: string };
  ended: string;
}

/** A part of a step's time: waiting, an attempt that failed, or the last one; in milliseconds since 1970. */
export interface Bar {
  kind: 'waiting' | 'failed' | Run['status'];
  from: number;
  to: number;
  words: string;
}

/** The bars of a step. What is still going on ends now. */
export function barsOf(run: Run, begun: number, now: number): Bar[] {
  const bars: Bar[] = [];
  const add = (kind: Bar['kind'], from: number, to: number, what: string) =>
    to > from && bars.push({ kind, from, to, words: `${what} ${duration((to - from) / 1000)}` });
  if (!run.started_at) {
    if (run.status === 'queued') {
      add('waiting', begun, now, 'waiting for');
    }
    return bars;
  }
  let from = Date.parse(run.started_at);
  add('waiting', begun, from, 'waited');
  const attempts = Array.isArray(run.attributes.attempts) ? (run.attributes.attempts as Attempt[]) : [];
  attempts.forEach((attempt, i) => {
    const to = Date.parse(attempt.ended);
    add('failed', from, to, `attempt ${i + 1} failed after`);
    from = to;
  });
  const next = typeof run.attributes.retry_at === 'string' ? Date.parse(run.attributes.retry_at) : from;
  if (attempts.length > 0 && next > from) {
    const over = Math.min(next, run.ended_at ? Date.parse(run.ended_at) : now);
    add('waiting', from, over, 'waited');
    from = over;
  }
  add(run.status === 'queued' ? 'running' : run.status, from, run.ended_at ? Date.parse(run.ended_at) : now, run.ended_at ? `${run.status}, took` : 'running for');
  return bars;
}

/** Round seconds for the marks of a time axis: at most about six of them. */
export function ticks(seconds: number): number[] {
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400].find(each => seconds / each <= 6) ?? seconds / 6;
  return Array.from({ length: Math.floor(seconds / step + 1e-9) + 1 }, (_, i) => i * step);
}
