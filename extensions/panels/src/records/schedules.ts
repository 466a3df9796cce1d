import { type RunStatus } from '../records.js';

export type Misfire = 'skip' | 'once' | 'all';
export type Overlap = 'skip' | 'queue' | 'allow' | 'cancel';

/** When a pipeline runs by itself: by `cron`, or `on` an event. `misfire_age` is in seconds. */
export interface ScheduleDefinition {
  cron: string | null;
  on: string | null;
  timezone: string;
  params: Record<string, unknown>;
  misfire: Misfire;
  misfire_age: number | null;
  overlap: Overlap;
}

/** What became of one date, or event; `series` is a backfill's id, or empty. */
export interface ScheduleDate {
  due: string;
  state: 'waiting' | 'started' | 'skipped';
  series: string;
  run_id: string | null;
  status: RunStatus | null;
  note: string | null;
}

/** A schedule as it stands; `recent` are its newest dates, newest first. */
export interface Schedule {
  id: string;
  name: string;
  pipeline: string;
  definition: ScheduleDefinition;
  words: string;
  owner: string;
  paused: boolean;
  made_at: string;
  changed_at: string;
  next: string[];
  version: number | null;
  last: ScheduleDate | null;
  recent: ScheduleDate[];
  problem: string | null;
}

/** What a schedule is made of. */
export interface ScheduleFacts {
  pipeline: string;
  name?: string;
  cron?: string;
  on?: string;
  timezone?: string;
  params?: Record<string, unknown>;
  misfire?: Misfire;
  misfire_age?: string;
  overlap?: Overlap;
  paused?: boolean;
  replace?: boolean;
}

export interface SchedulePreview {
  cron: string;
  timezone: string;
  words: string;
  dates: string[];
  preset: string | null;
}

export interface BackfillRange {
  start: string;
  end: string;
  again?: boolean;
}

/** What a backfill would run: `skipped` of the dates have succeeded; `dates` are the first hundred of the others. */
export interface BackfillPreview {
  start: string;
  end: string;
  total: number;
  skipped: number;
  dates: string[];
}

export interface Backfill {
  id: string;
  schedule: string;
  start: string;
  end: string;
  at_once: number;
  again: boolean;
  by: string;
  made_at: string;
  state: 'running' | 'done' | 'cancelled';
  total: number;
  left: number;
  running: number;
  succeeded: number;
  failed: number;
  skipped: number;
  note: string | null;
}
