import { type Id64, type Parameter, type RunStatus } from '../records.js';

/** A pipeline as it was published; `differs` are the files that are others in the working folder. */
export interface PipelineVersion {
  pipeline: string;
  number: number;
  at: string;
  by: string;
  code: string;
  differs: string[];
}

/** What a repair would carry out again; `anew` are those of the steps whose writes take the place of what they had written. */
export interface RepairPreview {
  steps: string[];
  kept: string[];
  anew: string[];
  publishes: boolean;
  parameters: Parameter[];
  params: Record<string, unknown>;
}

/** A step, or the run, as it had ended before a repair. */
export interface EndedBefore {
  status: RunStatus;
  started_at?: string;
  ended_at?: string;
  error?: { message: string };
}

/** A repair of a run, as the run keeps it. */
export interface Repair {
  number: number;
  by: string;
  at: string;
  source: 'pinned' | 'current';
  steps: string[];
  params: Record<string, unknown>;
  before: EndedBefore & { params?: Record<string, unknown>; steps?: Record<string, EndedBefore> };
}

/** A step of a run that waits for a person's decision. */
export interface ApprovalRequest {
  name: string;
  run_id: string;
  step: string;
  step_run_id: string;
  message: string;
  by: string[];
  asked_at: string;
  until: string | null;
  submitted_by: string;
}

/** A value that is another one in the second run; null where it is not there. */
export interface ValueDiff {
  name: string;
  first: unknown;
  second: unknown;
}

export interface DatasetDiff {
  name: string;
  first: Id64[];
  second: Id64[];
  first_rows: number | null;
  second_rows: number | null;
  same: boolean;
}

/** `lines` are those of a unified diff. */
export interface FileDiff {
  path: string;
  change: 'changed' | 'added' | 'removed';
  lines: string[];
}

/** A cell whose output is another one; null where there is no such cell, or it did not run. */
export interface CellDiff {
  cell: string;
  number: number;
  source: string;
  first: string | null;
  second: string | null;
}

export interface StepDiff {
  name: string;
  first: RunStatus | null;
  second: RunStatus | null;
  first_seconds: number | null;
  second_seconds: number | null;
  values: ValueDiff[];
  cells: CellDiff[];
}

/** What two runs differ in. `same`: nothing but times and the numbers of the snapshots that were written. */
export interface RunDiff {
  first: string;
  second: string;
  same: boolean;
  params: ValueDiff[];
  inputs: DatasetDiff[];
  outputs: DatasetDiff[];
  metrics: ValueDiff[];
  code: FileDiff[];
  code_kept: boolean;
  steps: StepDiff[];
  /** Of one of the runs only a part may be seen: values, figures, code and what cells show were not compared. */
  in_part: boolean;
}

/** A run that waits, or a part of one, and in words what for. */
export interface QueueEntry {
  run_id: string;
  kind: string;
  job: string;
  principal: string;
  queue: 'high' | 'normal' | 'low';
  priority: number;
  asked_at: string | null;
  place: number | null;
  waits_for: string;
}

/** A run that a worker carries out, with its parts that are at work. */
export interface WorkerRun {
  run_id: string;
  kind: string;
  job: string;
  principal: string;
  started_at: string | null;
  parts: string[];
}

export interface WorkerEntry {
  id: string;
  name: string;
  status: 'alive' | 'silent';
  host: string;
  pid: number;
  started_at: string;
  heartbeat_at: string;
  slots: number | null;
  resources: Record<string, number>;
  runs: WorkerRun[];
}
