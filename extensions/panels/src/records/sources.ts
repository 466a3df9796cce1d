/** Where rows come from: databases, watched folders, and where files lie, as in `workbench/ingest/sources/records.py`. */
import { type Id64, type RunStatus } from '../records.js';
import { type LoadOptions } from './ingest.js';

/** Something that a kind of database is asked for. */
export interface DatabaseOption {
  name: string;
  kind: 'text' | 'number' | 'yes or no' | 'choice' | 'path';
  required: boolean;
  default: string | number | boolean | null;
  choices: string[];
}

/** A kind of database; `secret` is what its secret is called, empty where it takes none. */
export interface DatabaseKind {
  name: string;
  options: DatabaseOption[];
  secret: string;
  problem: string | null;
}

/** A saved way into a database; its secret is never told. */
export interface Connection {
  name: string;
  kind: string;
  options: Record<string, unknown>;
  has_secret: boolean;
  changed_at: string;
  changed_by: string;
}

export interface ConnectionTest {
  ok: boolean;
  version: string | null;
  tables: number | null;
  message: string | null;
  fix: string | null;
  seconds: number;
}

/** A table of a connection; `rows` is what the database thinks. */
export interface TableFound {
  name: string;
  kind: string;
  rows: number | null;
}

/** A folder or pattern whose new files are taken in as they come. */
export interface Watch {
  id: string;
  source: string;
  options: LoadOptions;
  by: string;
  made_at: string;
  looked_at: string | null;
  error: string | null;
  /** Those that were handed on: taken in, there already, on their way, or failed. */
  files: number;
  taken: number;
  /** Those whose content the dataset had already. */
  repeated: number;
  loading: number;
  waiting: number;
  failed: number;
  /** Why, file by file: the newest first, at most twenty. */
  failures: string[];
  last_failure: string | null;
  last_run: string | null;
  last_file: string | null;
  last_status: RunStatus | null;
}

/** A file or folder; of a dataset's folder `bytes` is what its present rows take. */
export interface StorageEntry {
  kind: 'folder' | 'file';
  name: string;
  path: string;
  bytes: number | null;
  modified_at: string | null;
  dataset: string | null;
}

export interface StorageListing {
  path: string;
  entries: StorageEntry[];
  after: string | null;
}

/** One file of a dataset, and the snapshot that brought it. */
export interface DataFile {
  path: string;
  kind: 'rows' | 'deletions';
  rows: number;
  bytes: number;
  partition: string | null;
  snapshot_id: Id64 | null;
  added_at: string | null;
}

/** Where space could be saved, and the command that does it. */
export interface Saving {
  bytes: number | null;
  message: string;
  fix: string;
}

/** The files of one state of a dataset, and what lies beside them for its other states. */
export interface DatasetFiles {
  dataset: string;
  snapshot_id: Id64 | null;
  place: string;
  files: DataFile[];
  after: string | null;
  count: number;
  rows: number;
  bytes: number;
  other_files: number;
  other_bytes: number;
  states: number;
  savings: Saving[];
}
