/** The records of the REST API, as in `workbench/<package>/records.py`. Times are ISO 8601 in UTC. */

import { type Reason } from './records/catalog.js';

export type * from './records/catalog.js';
export type * from './records/compliance.js';
export type * from './records/drafts.js';
export type * from './records/ingest.js';
export type * from './records/notifications.js';
export type * from './records/pipelines.js';
export type * from './records/quality.js';
export type * from './records/query.js';
export type * from './records/recipes.js';
export type * from './records/schedules.js';
export type * from './records/sources.js';

/** A 64-bit id: text where JavaScript's numbers are not exact (see `json.ts`). */
export type Id64 = string | number;

export interface Column {
  field_id: number;
  name: string;
  type: string;
  required: boolean;
  /** What its file says of it. */
  doc: string;
  /** What people say of it. */
  description: string;
  /** Tags that people gave it. */
  labels: string[];
  /** What it means in the glossary. */
  terms: string[];
}

/** A line of a list: a dataset, or a view, which has no rows of its own. */
export interface DatasetSummary {
  kind?: 'dataset' | 'view';
  table_uuid: string;
  name: string;
  zone: string;
  rows: number | null;
  bytes: number | null;
  /** Null: a view whose columns are not known without looking, or not told. */
  columns: number | null;
  updated_at: string | null;
  description: string;
}

/** A zone, a group of names that begin alike, a dataset or a view, then with its line. */
export interface TreeNode {
  kind: 'zone' | 'group' | 'dataset' | 'view';
  name: string;
  datasets: number;
  views?: number;
  dataset: DatasetSummary | null;
}

/** One level of the tree; `after` asks for what comes next. */
export interface Tree {
  zone: string | null;
  prefix: string;
  nodes: TreeNode[];
  after: string | null;
}

export interface DatasetRef {
  table_uuid: string;
  name: string;
  branch: string;
  snapshot_id: Id64 | null;
}

export interface Dataset {
  ref: DatasetRef;
  name: string;
  zone: string;
  description: string;
  owner: string;
  columns: Column[];
  partitioning: string[];
  rows: number | null;
  bytes: number | null;
  files: number | null;
  created_at: string | null;
  updated_at: string | null;
  branches: string[];
  /** Names of snapshots. */
  tags: string[];
  location: string;
  /** Tags that people gave it. */
  labels: string[];
  terms: string[];
}

export interface SearchHit {
  dataset: DatasetSummary;
  matched: 'name' | 'column' | 'description' | 'tag' | 'owner' | 'term';
  text: string;
  score: number;
  reasons?: Reason[];
}

export interface TableData {
  columns: [name: string, type: string][];
  rows: unknown[][];
  total: number | null;
  cut_at: number | null;
  run_id: string | null;
  /** The columns that were read through a mask. */
  masked?: MaskedColumn[];
  /** The answer was kept from an earlier time, over the same data. */
  cached?: boolean;
  /** What a statement that writes did. */
  said?: string | null;
}

export interface MaskedColumn {
  dataset: string;
  column: string;
  mask: string;
  /** The rule of the policy. */
  rule?: string;
  /** Columns of a dataset that a statement has written of it. */
  into?: string[];
  /** Of the columns of a result, from 0, those that are made of it. */
  places?: number[];
}

export type ExportFormat = 'csv' | 'json' | 'ndjson' | 'parquet' | 'arrow' | 'xlsx';

/** A word that fits at the cursor; `start` and `end` count characters as Python does. */
export interface Completion {
  text: string;
  kind: 'table' | 'column' | 'keyword' | 'function' | 'namespace';
  detail: string;
  start: number;
  end: number;
}

/** What a statement would read and return. */
export interface Explanation {
  decision: { allowed: boolean; kind: string | null; tables: DatasetRef[]; reasons: string[] };
  columns: [name: string, type: string][];
  /** Empty where it is not shown: its reader sees a part only of what it reads, or it writes. */
  plan: string;
}

/** A branch or a tag. */
export interface Ref {
  name: string;
  kind: 'branch' | 'tag';
  snapshot_id: Id64;
}

export interface Snapshot {
  id: Id64;
  parent_id: Id64 | null;
  at: string;
  operation: string;
  rows_added: number | null;
  /** Replaced by key. */
  rows_updated: number | null;
  rows_deleted: number | null;
  rows_total: number | null;
  run_id: string | null;
  refs: string[];
  /** What it is to main; null once it has expired. */
  state?: 'current' | 'ancestor' | 'rolled_back' | 'branch' | null;
  made_current_at?: string | null;
}

/** A dataset that was dropped, and can be brought back until it is purged. */
export interface DroppedTable {
  table_uuid: string;
  name: string;
  dropped_at: string;
  dropped_by: string;
  purge_after: string;
}

export type RunStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';

export interface DatasetIO {
  kind: 'table' | 'file';
  id: string;
  name: string;
  branch: string;
  snapshot_id: Id64 | null;
  columns: string[];
  rows: number | null;
  bytes: number | null;
  operation: string | null;
  notebook: string | null;
  cell: string | null;
}

export interface RunError {
  code: string;
  message: string;
  fix: string | null;
}

export interface Run {
  id: string;
  kind: string;
  job: string;
  status: RunStatus;
  principal: string;
  queued_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  params: Record<string, unknown>;
  inputs: DatasetIO[];
  outputs: DatasetIO[];
  metrics: Record<string, number>;
  attributes: Record<string, unknown>;
  error: RunError | null;
  parent_id: string | null;
}

export interface RunEvent {
  seq: number;
  id: string;
  run_id: string;
  type: string;
  at: string;
  schema_version: number;
  body: Record<string, unknown>;
}

export interface LineageNode {
  id: string;
  kind: 'table' | 'file';
  name: string;
  zone: string;
  depth: number;
}

export interface LineageEdge {
  source: string;
  target: string;
  job: string;
  kind: string;
  run_id: string;
  notebook: string | null;
  cell: string | null;
  last_at: string;
  runs: number;
  /** Known of recipes. */
  columns?: ColumnEdge[];
}

/** The column `target` was made of the column `source` by named steps, in order. */
export interface ColumnEdge {
  source: string;
  target: string;
  transforms: string[];
}

export type Direction = 'upstream' | 'downstream' | 'both';

export interface LineageGraph {
  root: string;
  direction: Direction;
  depth: number;
  nodes: LineageNode[];
  edges: LineageEdge[];
  truncated: boolean;
}

export interface Parameter {
  name: string;
  type: 'int' | 'float' | 'str' | 'bool' | 'date';
  default: unknown;
  required: boolean;
  description: string;
  choices: unknown[];
  minimum: number | null;
  maximum: number | null;
}

export type StepMode = 'overwrite' | 'append' | 'upsert';

export interface Step {
  name: string;
  /** One of the two: what the step runs. */
  notebook: string | null;
  sql: string | null;
  function: string | null;
  approve: { by: string[]; message: string } | null;
  /** The dataset that the rows of a SQL step's SELECT become. */
  output: string | null;
  mode: StepMode;
  key: string[];
  needs: string[];
  /** Its own parameters, over those of the pipeline; `{{ step.name }}` is what a step before it gives. */
  params: Record<string, unknown>;
  /** What must have become of the steps that it needs. */
  when: 'all_succeeded' | 'any_failed' | 'all_ended';
  /** Attempts after the first, and the seconds before the first of these. */
  retries: number;
  retry_wait: number;
  /** Seconds that an attempt may take; null: as long as it needs. */
  timeout: number | null;
  description: string;
}

export interface Pipeline {
  name: string;
  description: string;
  owner: string | null;
  tags: string[];
  queue: 'high' | 'normal' | 'low';
  priority: number;
  most_runs: number | null;
  parameters: Parameter[];
  steps: Step[];
  folder: string;
  /** What is to be known of it, though it runs as it is; of one that is asked for by itself. */
  warnings?: string[];
}

/** What adding a step would make of a pipeline; `before` is null where it is made. */
export interface StepPreview {
  path: string;
  before: string | null;
  after: string;
  needs: string[];
  parameters: Parameter[];
}

export type TemplateName = 'ingest' | 'profile' | 'transform' | 'train' | 'evaluate' | 'report' | 'backfill' | 'empty';

/** What a new pipeline can begin as. */
export interface Template {
  name: TemplateName;
  description: string;
  steps: string[];
}

export interface PipelineRun {
  run: Run;
  steps: Run[];
  /** Where the team's server shows it, if one is named in the settings. */
  page?: string | null;
}

export interface Status {
  name: string;
  version: string;
  format: number;
  root: string;
  principal: string;
  datasets: number;
  runs: number;
  queued: number;
  running: number;
  last_event: number;
  processes: Record<string, Record<string, unknown>>;
}
