import { type Misfire, type Overlap, type Parameter, type Schedule, type ScheduleFacts } from '../records.js';

export type EventKind = 'dataset' | 'file' | 'pipeline' | 'freshness';
export type Ending = 'succeeded' | 'failed' | 'ended';

/** A schedule as it is being written. */
export interface ScheduleDraft {
  pipeline: string;
  name: string;
  by: 'time' | 'event';
  cron: string;
  timezone: string;
  event: EventKind;
  /** The dataset, folder or pipeline that the event is of. */
  about: string;
  ending: Ending;
  /** How long a dataset may be left alone: `24h`. */
  age: string;
  /** What is given, as text; of what is empty the pipeline's default holds. */
  params: Record<string, string>;
  misfire: Misfire;
  misfireAge: string;
  /** Empty: what is usual for the kind. */
  overlap: Overlap | '';
}

export const isNotebook = (name: string): boolean => name.endsWith('.ipynb');

export const newDraft = (pipeline: string, timezone: string): ScheduleDraft => ({
  pipeline,
  name: '',
  by: 'time',
  cron: '0 6 * * *',
  timezone,
  event: 'dataset',
  about: '',
  ending: 'succeeded',
  age: '24h',
  params: {},
  misfire: 'once',
  misfireAge: '',
  overlap: ''
});

const SPANS: [seconds: number, unit: string][] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm']
];

/** Seconds as they are written: `6h`. */
export function spanOf(seconds: number): string {
  const [size, unit] = SPANS.find(([each]) => seconds % each === 0) ?? [1, 's'];
  return `${seconds / size}${unit}`;
}

/** A kept schedule, to be changed. */
export function draftOf(schedule: Schedule): ScheduleDraft {
  const { definition } = schedule;
  const draft: ScheduleDraft = {
    ...newDraft(schedule.pipeline, definition.timezone),
    name: schedule.name,
    params: Object.fromEntries(Object.entries(definition.params).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])),
    misfire: definition.misfire,
    misfireAge: definition.misfire_age === null ? '' : spanOf(definition.misfire_age),
    overlap: definition.overlap
  };
  if (definition.on === null) {
    return { ...draft, cron: definition.cron ?? '' };
  }
  const [kind = '', ...rest] = definition.on.split(':');
  const event = kind as EventKind;
  if (event === 'pipeline') {
    return { ...draft, by: 'event', event, about: rest[0] ?? '', ending: (rest[1] || 'succeeded') as Ending };
  }
  if (event === 'freshness') {
    return { ...draft, by: 'event', event, about: rest[0] ?? '', age: rest[1] ?? '' };
  }
  return { ...draft, by: 'event', event, about: rest.join(':') };
}

function eventOf({ event, about, ending, age }: ScheduleDraft): string {
  const what = about.trim();
  return event === 'pipeline' ? `pipeline:${what}:${ending}` : event === 'freshness' ? `freshness:${what}:${age.trim()}` : `${event}:${what}`;
}

/** What is filled in when a date or an event is due. */
export const isFilledIn = (text: string): boolean => text.includes('{{');

function valueOf(text: string, type: Parameter['type']): unknown {
  if (isFilledIn(text) || type === 'str' || type === 'date') {
    return text;
  }
  return type === 'bool' ? text === 'true' : Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Lines such as `n = 5`, as text by name. */
export function paramsOfLines(text: string): Record<string, string> {
  const lines = text.split('\n').filter(line => line.includes('='));
  return Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1).trim()]).filter(([name]) => name));
}

/** A value of a parameter without a type: what is no JSON is text. */
function untyped(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const linesOfParams = (params: Record<string, string>): string =>
  Object.entries(params)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n');

/** What is sent; `parameters` null: they have no types, as those of a notebook. */
export function factsOf(draft: ScheduleDraft, parameters: Parameter[] | null): ScheduleFacts {
  const given = parameters
    ? parameters.flatMap(({ name, type }) => (draft.params[name] ? [[name, valueOf(draft.params[name], type)] as const] : []))
    : Object.entries(draft.params).map(([name, text]) => [name, untyped(text)] as const);
  return {
    pipeline: draft.pipeline,
    name: draft.name.trim() || undefined,
    ...(draft.by === 'time' ? { cron: draft.cron.trim() } : { on: eventOf(draft) }),
    timezone: draft.timezone.trim() || undefined,
    params: Object.fromEntries(given),
    misfire: draft.misfire,
    misfire_age: draft.misfireAge.trim() || undefined,
    overlap: draft.overlap || undefined
  };
}

/** A name that no schedule has yet: that of the pipeline, or with a number. */
export function freeName(pipeline: string, taken: readonly string[]): string {
  const stem = isNotebook(pipeline)
    ? pipeline
        .slice(pipeline.lastIndexOf('/') + 1, -'.ipynb'.length)
        .toLowerCase()
        .replace(/[^a-z0-9_-]+/g, '-')
        .replace(/^[^a-z]+|-+$/g, '') || 'notebook'
    : pipeline;
  let name = stem;
  for (let number = 2; taken.includes(name); number++) {
    name = `${stem}-${number}`;
  }
  return name;
}

/** A moment by the clock of a time zone, as the schedule means it. */
export function inZone(iso: string, timezone: string): string {
  const parts = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false, timeZoneName: 'short' } as const;
  try {
    return new Intl.DateTimeFormat('en-GB', { ...parts, timeZone: timezone }).format(new Date(iso));
  } catch {
    // A zone that the server knows and the browser does not.
    return new Date(iso).toISOString();
  }
}
