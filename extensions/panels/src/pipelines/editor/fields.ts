import { type Change, type DraftProblem, type DraftStep, type PipelineDraft, type StepKind, type Taken } from '../../records/drafts.js';
import { type Step } from '../../records.js';

export type Entry = Record<string, unknown>;

export const KINDS: [StepKind, string][] = [
  ['notebook', 'Notebook'],
  ['sql', 'SQL file'],
  ['function', 'Python function'],
  ['approve', 'Waits for a person']
];

const ENDINGS: Record<StepKind, string> = { notebook: '.ipynb', sql: '.sql', function: '.py', approve: '' };

/** What a form shows of each part; all other keys of the file are shown as they are. */
export const OF_PIPELINE = ['name', 'description', 'owner', 'tags', 'queue', 'priority', 'limits', 'writes', 'files', 'ignore', 'working_folder'];
export const OF_STEP = ['name', 'notebook', 'sql', 'function', 'approve', 'output', 'mode', 'key', 'needs', 'params', 'when', 'retries', 'retry_wait', 'timeout', 'resources', 'description'];
export const OF_PARAMETER = ['name', 'type', 'default', 'required', 'description', 'choices', 'minimum', 'maximum', 'min', 'max'];

export const others = (entry: Entry, known: string[]): [string, unknown][] => Object.entries(entry).filter(([key]) => !known.includes(key));

/** A value as it stands in a field: text as it is, names with commas, resources as `gpu=1 memory=8GB`, the rest as JSON. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (Array.isArray(value) && value.every(each => typeof each === 'string')) {
    return value.join(', ');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Names with commas between them. */
export const names = (text: string): string[] =>
  text
    .split(',')
    .map(each => each.trim())
    .filter(Boolean);

/** A whole number where it is one; else the text, which the back end refuses in its words. */
export const number = (text: string): unknown => (/^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text);

/** What a person wrote as the value of a parameter, by its type. */
export function valueOf(text: string, type: string | null): unknown {
  if (type === 'str' || type === 'date' || text.trimStart().startsWith('{{')) {
    return text;
  }
  if (type === 'int' || type === 'float') {
    return number(text);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export const resourcesIn = (text: string): Entry =>
  Object.fromEntries(
    text
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(pair => {
        const [name = '', value = ''] = pair.split(/[=:]/);
        return [name, number(value)];
      })
  );

export const resourcesShown = (value: unknown): string =>
  value && typeof value === 'object' && !Array.isArray(value)
    ? Object.entries(value)
        .map(([name, amount]) => `${name}=${shown(amount)}`)
        .join(' ')
    : shown(value);

/** What is wrong within `prefix`, by what follows it: `retries`, `params.month`; empty for the whole. */
export function problemsIn(problems: DraftProblem[], prefix: string): Map<string, DraftProblem> {
  const found = new Map<string, DraftProblem>();
  for (const problem of problems) {
    const rest = prefix === '' ? problem.field : problem.field.startsWith(prefix) ? problem.field.slice(prefix.length).replace(/^\./, '') : null;
    if (rest !== null && !found.has(rest)) {
      found.set(rest, problem);
    }
  }
  return found;
}

/** A message without the place of its entry, where the form is: `steps[0].retries is ...` is about `retries`. */
export const said = ({ message }: DraftProblem): string => message.replace(/^(steps|parameters)\[\d+\]\.?\s*/, '');

/** Set a key, or take it away where nothing is said. */
export const setOrNot = (at: string[], value: unknown): Change =>
  value === '' || value === null || value === undefined || (Array.isArray(value) && value.length === 0) ? { do: 'unset', at } : { do: 'set', at, value };

/** Another kind of step: its file, or whom it waits for. */
export function kindChanged(step: DraftStep, kind: StepKind, files: string[]): Change[] {
  const at = (key: string) => ['steps', step.name, key];
  const gone = ['notebook', 'sql', 'function', 'approve', ...(kind === 'sql' ? [] : ['output', 'mode', 'key'])].filter(key => key in step.entry && key !== kind);
  const like = files.find(file => file.endsWith(ENDINGS[kind]));
  const value = kind === 'approve' ? { by: ['admin'] } : kind === 'function' ? `${like ?? 'steps.py'}:${step.name}` : (like ?? `${step.name}${ENDINGS[kind]}`);
  return [{ do: 'set', at: at(kind), value }, ...gone.map((key): Change => ({ do: 'unset', at: at(key) }))];
}

/** A step for the file of a name. */
export function stepFor(file: string, needs: string[]): Change {
  const kind = file.endsWith('.sql') ? 'sql' : file.endsWith('.py') ? 'function' : 'notebook';
  const name = file.replace(/^.*\//, '').replace(/\.[^.]*$/, '');
  return { do: 'add', at: ['steps'], value: { [kind]: kind === 'function' ? `${file}:${name}` : file, ...(needs.length > 0 && { needs }) } };
}

/** One step begins after another, or no longer. */
export function needing(draft: PipelineDraft, name: string, other: string, on: boolean): Change[] {
  const needs = draft.steps.find(step => step.name === name)?.needs ?? [];
  const value = on ? [...needs.filter(each => each !== other), other] : needs.filter(each => each !== other);
  return value.length > 0 ? [{ do: 'set', at: ['steps', name, 'needs'], value }] : ['needs', 'when'].map(key => ({ do: 'unset', at: ['steps', name, key] }));
}

/** Whether one step needs another, by way of others, too. */
export function reaches(steps: DraftStep[], from: string, to: string, seen = new Set<string>()): boolean {
  if (from === to) {
    return true;
  }
  seen.add(from);
  return (steps.find(step => step.name === from)?.needs ?? []).some(need => !seen.has(need) && reaches(steps, need, to, seen));
}

/** The parameters of a step: those that its file takes, and what the step says beside. */
export function paramsOf(step: DraftStep): Taken[] {
  const params = step.entry.params;
  const own = params && typeof params === 'object' && !Array.isArray(params) ? Object.keys(params) : [];
  const known = step.takes.map(each => each.name);
  return [...step.takes, ...own.filter(name => !known.includes(name)).map(name => ({ name, type: null, default: null }))];
}

/** As the graph draws it. */
export const drawn = (draft: PipelineDraft): Step[] =>
  draft.steps.map(step => ({
    ...{ notebook: null, sql: null, function: null, approve: null, output: null, mode: 'overwrite', key: [], params: {}, when: 'all_succeeded' },
    ...{ retries: 0, retry_wait: 10, timeout: null },
    ...{ [step.kind]: step.kind === 'approve' ? { by: [], message: '' } : step.file },
    name: step.name,
    needs: step.needs,
    description: shown(step.entry.description)
  })) as Step[];
