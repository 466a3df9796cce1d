import { type DatasetIO, type Parameter, type Run } from '../records.js';

export type Draft = Record<string, string | boolean>;

/** The form's first values: the defaults. */
export function draftOf(parameters: Parameter[]): Draft {
  return Object.fromEntries(
    parameters.map(p => [p.name, p.type === 'bool' ? p.default === true : p.default === null || p.default === undefined ? '' : String(p.default)])
  );
}

/** What is sent: only what differs from an empty field, numbers as numbers. The server checks the rest and says what is wrong. */
export function paramsOf(parameters: Parameter[], draft: Draft): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const { name, type } of parameters) {
    const value = draft[name];
    if (value === undefined || value === '') {
      continue;
    }
    params[name] = (type === 'int' || type === 'float') && value !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
  }
  return params;
}

/** Kinds that are part of other runs, or so many that they would hide the rest. */
const MINOR = new Set(['sql', 'read', 'step', 'describe']);

/** Newest first, each once; `all` shows queries, reads, steps and descriptions too. */
export function listed(lists: Run[][], all: boolean): Run[] {
  const known = new Map(lists.flat().map(run => [run.id, run]));
  // Ids are UUIDv7: they sort by the time they were made.
  return [...known.values()].filter(run => all || !MINOR.has(run.kind)).sort((a, b) => (a.id < b.id ? 1 : -1));
}

export const isOver = (run: Run): boolean => run.status !== 'queued' && run.status !== 'running';

/** A person's notebook with its kernel: open, which does not say that anything is being worked on. */
export const isOpenSession = (run: Run): boolean => run.status === 'running' && run.attributes?.interactive === true;

/** Seconds a run took, or has taken so far; null where that is not told (of what is seen in part), or it has not begun. */
export function took(run: Run, now = Date.now()): number | null {
  if (!run.started_at || (isOver(run) && !run.ended_at)) {
    return null;
  }
  return ((run.ended_at ? Date.parse(run.ended_at) : now) - Date.parse(run.started_at)) / 1000;
}

/** The text of a step's statements, out of the notebook that they are shown as. */
export function sourceOf(notebook: Record<string, unknown>): string {
  const [cell] = (notebook.cells ?? []) as { source?: string | string[] }[];
  const source = cell?.source ?? '';
  return typeof source === 'string' ? source : source.join('');
}

/** What a step wrote: each dataset once, with the rows of all its writes. */
export function wroteOf(step: Run): { name: string; rows: number | null }[] {
  const found = new Map<string, number | null>();
  for (const { name, rows } of step.outputs as DatasetIO[]) {
    const before = found.get(name);
    found.set(name, rows === null || rows === undefined ? (before ?? null) : (before ?? 0) + rows);
  }
  return [...found].map(([name, rows]) => ({ name, rows }));
}
