/** How bronze becomes silver, and silver gold, as in `workbench/ingest/recipes/records.py`. */
import { type Id64, type TableData } from '../records.js';
import { type Dimension, type Expectation } from './quality.js';

export type Misfits = 'aside' | 'null' | 'fail';

interface Told {
  name?: string;
  evidence?: string;
  values_touched?: number | null;
  proposed?: boolean;
}

export type RecipeStep = Told &
  (
    | { kind: 'trim'; columns?: string[]; inside?: boolean }
    | { kind: 'missing'; columns?: string[]; words: string[]; exact?: boolean }
    | { kind: 'map'; column: string; values: Record<string, string | null> }
    | { kind: 'case'; columns: string[]; to: 'lower' | 'upper' | 'title' }
    | { kind: 'cast'; column: string; type: string; misfits?: Misfits; decimal?: '.' | ','; groups?: boolean }
    | { kind: 'parse_date'; column: string; formats: string[]; type?: 'date' | 'timestamp' | 'timestamptz'; misfits?: Misfits }
    | { kind: 'round'; column: string; digits: number }
    | { kind: 'fill'; column: string; value: string | number | boolean }
    | { kind: 'rename'; column: string; to: string }
    | { kind: 'drop'; columns: string[] }
    | { kind: 'deduplicate'; keys?: string[]; keep?: 'first' | 'last'; order_by?: string[] }
    | { kind: 'filter'; expectation: Expectation }
  );

/** An ordered list of steps; `version`, `by` and what follows are of the recipe that a dataset has. */
export interface Recipe {
  steps: RecipeStep[];
  source?: string | null;
  target?: string | null;
  version?: number | null;
  makes?: string[];
  by?: string | null;
  at?: string | null;
  run_id?: string | null;
}

/** What one step did; `step` counts from 1. */
export interface StepEffect {
  step: number;
  kind: RecipeStep['kind'];
  name: string;
  rows: number;
  changed: number;
  nulled: number;
  removed: number;
}

export interface ColumnOrigin {
  column: string;
  type: string;
  sources: string[];
}

/** `before` and `after` are the same rows; `removed_by` says which step takes one out. */
export interface RecipePreview {
  source: string;
  target: string;
  recipe: Recipe;
  rows_in: number;
  rows_out: number;
  removed: number;
  sampled: number | null;
  effects: StepEffect[];
  columns: ColumnOrigin[];
  before: TableData;
  after: TableData;
  removed_by: (number | null)[];
  warnings: string[];
}

export interface RecipeReport {
  run_id: string;
  source: string;
  source_snapshot_id: Id64 | null;
  target: string;
  snapshot_id: Id64 | null;
  version: number;
  mode: 'create' | 'overwrite' | 'append' | 'rollback' | 'unchanged';
  rows_in: number;
  rows: number;
  removed: number;
  total: number;
  effects: StepEffect[];
  columns: ColumnOrigin[];
  quality: number | null;
  dimensions: Dimension[];
  by: string;
  warnings: string[];
}
