/** What the catalog says of datasets, as in `workbench/catalog/records.py`. */

export interface Reason {
  word: string;
  where: 'name' | 'column' | 'description' | 'tag' | 'owner' | 'term';
  text: string;
  how: 'exact' | 'prefix' | 'word' | 'beginning' | 'typo';
}

export interface TagUse {
  tag: string;
  datasets: number;
  columns: number;
}

export interface Term {
  name: string;
  definition: string;
  changed_at: string;
  changed_by: string;
  links: { dataset: string; column: string | null }[];
}

export interface Edit {
  at: string;
  by: string;
  run_id: string;
  /** The dataset or term that it was said of; empty where that is gone. */
  of: string;
  what: string;
  column: string | null;
  before: string | null;
  after: string | null;
}

export interface Popular {
  dataset: string;
  zone: string;
  runs: number;
  people: number;
  last_at: string;
}

export interface Companion {
  dataset: string;
  zone: string;
  runs: number;
  of: number;
}

export interface Insight {
  kind: string;
  datasets: string[];
  message: string;
  fix: string;
}

/** A view as its reader sees it; not `readable`: its name, and no more. */
export interface ViewPage {
  uuid: string;
  name: string;
  zone: string;
  readable: boolean;
  problem: string | null;
  description: string;
  owner: string;
  columns: { name: string; type: string; masked: boolean; made_of: { dataset: string; column: string; mask: string }[] }[];
  reads: { name: string; kind: 'dataset' | 'view' }[];
  /** Null: its text is not for the reader. */
  sql: string | null;
  version: number | null;
  by: string | null;
  at: string | null;
}

export interface SchemaChange {
  kind: 'added' | 'dropped' | 'renamed' | 'type' | 'required' | 'optional' | 'doc';
  field_id: number;
  column: string;
  before: string | null;
  after: string | null;
  safe: boolean;
}

export interface SchemaVersion {
  version: number;
  since: string | null;
  current: boolean;
  columns: { name: string; type: string }[];
  changes: SchemaChange[];
}

export interface SchemaComparison {
  dataset: string;
  a: string;
  b: string;
  changes: SchemaChange[];
}

export interface ColumnChange {
  action: 'add' | 'rename' | 'widen' | 'drop';
  column: string;
  type?: string;
  new_name?: string;
}

/** Who reads a dataset; `sure` is false where what it reads is not known. */
export interface Reader {
  kind: 'dataset' | 'view' | 'notebook' | 'pipeline' | 'query' | 'other';
  name: string;
  columns: string[];
  sure: boolean;
  hops: number;
  runs: number;
  last_at: string | null;
}

export interface Impact {
  dataset: string;
  changes: SchemaChange[];
  readers: Reader[];
  breaking: boolean;
}
