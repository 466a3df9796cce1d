/** What is known of a dataset's columns and how good they are, as in `workbench/quality/records.py`. */
import { type Id64 } from '../records.js';

export type DimensionName =
  | 'completeness'
  | 'accuracy'
  | 'consistency'
  | 'timeliness'
  | 'validity'
  | 'uniqueness'
  | 'integrity'
  | 'conformity';

export interface Bin {
  low: unknown;
  high: unknown;
  count: number;
}

export interface ColumnProfile {
  field_id: number;
  name: string;
  type: string;
  rows: number;
  nulls: number;
  distinct: number | null;
  distinct_exact: boolean;
  min: unknown;
  max: unknown;
  mean: number | null;
  stddev: number | null;
  nan: number;
  infinite: number;
  quantiles: Record<string, unknown>;
  histogram: Bin[];
  top: [value: unknown, count: number][];
  top_exact: boolean;
  patterns: [pattern: string, share: number][];
  min_length: number | null;
  max_length: number | null;
  blank: number | null;
  semantic: { name: string; matched: number; checked: number; hinted: boolean } | null;
  outliers: { method: string; low: unknown; high: unknown; count: number; share: number } | null;
  variants: string[][];
  looked_at: number | null;
}

export interface Profile {
  rows: number;
  columns: ColumnProfile[];
  sampled: number | null;
  keys: { columns: string[] }[];
  foreign_keys: { column: string; dataset: string; key: string; share: number; checked: number }[];
  duplicates: number | null;
  near_duplicates: { method: string; checked: number; rows: number; groups: number; expected: number | null }[];
  seconds: number;
}

/** One of the eight; `score` null: not assessed, and `evidence` says why. */
export interface Dimension {
  name: DimensionName;
  score: number | null;
  formula: string;
  evidence: string;
  checked: number;
  failed: number;
  check_id: string | null;
}

export const EXPECTATION_KINDS = [
  'not_null',
  'unique',
  'in_range',
  'in_set',
  'matches',
  'type',
  'row_count',
  'foreign_key',
  'freshness',
  'expression'
] as const;
export type ExpectationKind = (typeof EXPECTATION_KINDS)[number];

export interface Expectation {
  id: string;
  kind: ExpectationKind;
  column: string | null;
  columns: string[];
  low: unknown;
  high: unknown;
  values: unknown[];
  pattern: string | null;
  dataset: string | null;
  key: string | null;
  hours: number | null;
  expression: string | null;
  share: number;
  severity: 'warn' | 'gate';
  proposed: boolean;
  description: string;
}

export interface ExpectationResult {
  expectation: Expectation;
  passed: boolean | null;
  checked: number;
  failed: number;
  observed: unknown;
  message: string;
}

export interface Assessment {
  at: string;
  rows: number;
  score: number | null;
  dimensions: Dimension[];
  expectations: ExpectationResult[];
  warnings: string[];
  run_id: string | null;
}

export interface TimePoint {
  at: string;
  snapshot_id: Id64 | null;
  rows: number;
  score: number | null;
  dimensions: Partial<Record<DimensionName, number | null>>;
  anomalies: string[];
  run_id: string | null;
}
