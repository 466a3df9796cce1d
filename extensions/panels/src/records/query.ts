/** Statements: what they would cost, how they were carried out, and those that were run. */

import { type Id64, type RunError, type RunStatus } from '../records.js';

export interface TableCost {
  dataset: string;
  snapshot_id: Id64 | null;
  files: number | null;
  of_files: number | null;
  rows: number | null;
  bytes: number | null;
  /** How often the statement names it: rows and bytes are those of all times. */
  times: number;
}

export interface Advice {
  code: string;
  message: string;
  fix: string;
}

/** What one's own statements of today (UTC) have taken, of what they may; null where that has no bound. */
export interface Budget {
  bytes: number | null;
  bytes_a_day: number | null;
  seconds: number | null;
  seconds_a_day: number | null;
}

/** `size` is all that is told to who sees a part only of what it reads. */
export interface Estimate {
  tables: TableCost[];
  rows: number | null;
  bytes: number | null;
  seconds: number | null;
  /** How many past runs the seconds come from. */
  based_on: number;
  size: 'small' | 'medium' | 'large';
  asks: string | null;
  advice: Advice[];
  budget: Budget | null;
}

/** An operator of a plan that was carried out; `seconds` are its own, of all threads together. */
export interface PlanNode {
  operator: string;
  detail: string;
  rows: number;
  seconds: number;
  share: number;
  children: PlanNode[];
}

export interface StatementProfile {
  run_id: string;
  seconds: number;
  plan: PlanNode;
}

/** A statement that was run; `sql` is null where its text has been erased, `withheld` says why one that was shared is told in part. */
export interface PastStatement {
  id: string;
  sql: string | null;
  principal: string;
  status: RunStatus;
  started_at: string | null;
  seconds: number | null;
  rows: number | null;
  bytes: number | null;
  cached: boolean | null;
  datasets: string[];
  parameters: string[];
  shared: boolean;
  withheld: string | null;
  error: RunError | null;
}

export interface StatementDiff {
  first: PastStatement;
  second: PastStatement;
  /** Line by line, as `diff -u` has it. */
  text: string;
  only_first: [name: string, type: string][];
  only_second: [name: string, type: string][];
}

/** Whether a statement may run. */
export interface Validation {
  valid: boolean;
  kind: string | null;
}

/** Where one may make datasets and views: under any name in `zones`, and where `others` (`silver.team_*`) say; `proposed` null: nowhere. */
export interface Writable {
  zones: string[];
  others: string[];
  proposed: string | null;
  /** Why there is nothing, or why the name that was asked about cannot be written to. */
  problem: string | null;
  fix: string | null;
  taken: 'dataset' | 'view' | null;
  /** One sees only a part of that dataset: rows can be added, and nothing changed. */
  in_part: boolean;
}
