/** What is asked of an ingestion, what it saw, and what it did, as in `workbench/ingest/records.py`. */
import { type Id64, type TableData } from '../records.js';
import { type Dimension } from './quality.js';

export type LoadMode = 'create' | 'append' | 'overwrite' | 'upsert';

export const STEPS = ['detect', 'preview', 'parse', 'profile', 'assess', 'write', 'register'] as const;
export type LoadStep = (typeof STEPS)[number];

/** One column of a file; what is null is found out. `place` counts from 0. */
export interface ColumnReading {
  place: number;
  original?: string;
  name?: string | null;
  type?: string | null;
  take?: boolean;
}

export type Format = 'csv' | 'json' | 'ndjson' | 'parquet' | 'excel' | 'arrow';

/** How a file is read; what is null is found out. */
export interface Reading {
  format?: Format | null;
  encoding?: string | null;
  delimiter?: string | null;
  quote?: string | null;
  escape?: string | null;
  header?: boolean | null;
  skip?: number;
  footer?: number;
  sheet?: string | null;
  flatten?: boolean;
  rows?: string | null;
  decimal?: '.' | ',' | null;
  dates?: 'dmy' | 'mdy' | 'ymd' | null;
  columns?: ColumnReading[];
  misfits?: 'quarantine' | 'fail';
}

/** How a preview has read a file, for a load that shall read it so. */
export interface AsShown {
  file: string;
  reading: Reading;
  said: boolean;
}

export interface LoadOptions {
  name?: string | null;
  zone?: string;
  mode?: LoadMode;
  keys?: string[];
  /** Of several rows of a file with the same keys. */
  duplicates?: 'error' | 'last';
  partition_by?: string[];
  since?: string | null;
  reading?: Reading | null;
  as_shown?: AsShown | null;
  drift?: 'safe' | 'keep';
  force?: boolean;
}

export interface Staged {
  source: string;
  name: string;
  bytes: number;
  content_hash: string;
}

export interface Misfit {
  id: string;
  file: string;
  content_hash: string;
  line: number | null;
  record: number | null;
  column: string | null;
  value: string | null;
  reason: string;
  row: Record<string, string | null>;
  /** All columns that do not fit, with the reason. */
  wrong: Record<string, string>;
  text: string | null;
  run_id: string;
  at: string | null;
  /** All rows of the dataset were replaced then, after this one was set aside. */
  replaced_at?: string | null;
}

export interface ColumnSeen {
  place: number;
  original: string;
  name: string;
  type: string;
  take: boolean;
  why: string;
  examples: string[];
  null_share: number;
  choices: string[];
}

export interface Difference {
  column: string;
  kind: 'added' | 'missing' | 'widened' | 'changed';
  there: string | null;
  here: string | null;
}

export interface Resemblance {
  dataset: string;
  score: number;
  differences: Difference[];
}

export interface Preview {
  source: string;
  shown: string;
  content_hash: string | null;
  bytes: number | null;
  reading: Reading;
  remembered: boolean;
  as_shown: AsShown;
  columns: ColumnSeen[];
  sample: TableData;
  rows: number | null;
  exact: boolean;
  misfits: Misfit[];
  misfit_count: number;
  sheets: string[];
  name: string;
  zone: string;
  exists: boolean;
  differences: Difference[];
  resembles: Resemblance[];
  partition_by: string[];
  /** Why it should, or need not, be partitioned. */
  partition_why?: string;
  keys: string[];
  /** Of a database: which of its rows come, where not all do. */
  only?: string;
  taken: string | null;
  /** Why it may not be taken in there, and whom to ask; empty: it may. */
  refused?: string;
  warnings: string[];
}

/** How far a load has come: the share of its step that is done, null where that is not known. */
export interface Progress {
  step: LoadStep;
  share: number | null;
  rows: number | null;
  note: string;
}

export interface IngestReport {
  run_id: string;
  dataset: string;
  zone: string;
  source: string;
  content_hash: string;
  rows: number;
  rejected: number;
  removed: number;
  updated: number;
  columns: [name: string, type: string][];
  quality: number | null;
  dimensions: Dimension[];
  proposed_zone: string | null;
  verdict: string;
  quarantine: string | null;
  differences: Difference[];
  snapshot_id: Id64 | null;
  created: boolean;
  unchanged: boolean;
  warnings: string[];
  files: number;
  /** Columns that look like personal data, each with the tag that is proposed. */
  personal?: [column: string, tag: string][];
}

export interface Correction {
  id: string;
  row: Record<string, string | null>;
}

export interface Corrected {
  dataset: string;
  joined: number;
  failed: Misfit[];
  left: number;
  snapshot_id: Id64 | null;
  run_id: string;
  warnings: string[];
}
