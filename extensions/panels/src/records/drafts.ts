import { type Pipeline } from '../records.js';

/** One change of a pipeline's text; `at` is where: `['steps', 'clean', 'retries']`. */
export interface Change {
  do: 'set' | 'unset' | 'add' | 'remove' | 'rename';
  at: string[];
  value?: unknown;
}

/** Something that is wrong: in which field (`steps[0].needs`, empty: the whole) and line. */
export interface DraftProblem {
  field: string;
  message: string;
  fix: string | null;
  line: number | null;
}

/** A parameter that a step's file takes, with its default as the file writes it. */
export interface Taken {
  name: string;
  type: string | null;
  default: string | null;
}

export type StepKind = 'notebook' | 'sql' | 'function' | 'approve';

/** A step as it is written; `entry` is all that the file says of it. */
export interface DraftStep {
  name: string;
  kind: StepKind;
  file: string | null;
  needs: string[];
  entry: Record<string, unknown>;
  takes: Taken[];
}

export interface PipelineDraft {
  path: string;
  text: string;
  name: string;
  /** What the file says beside its parameters and steps. */
  said: Record<string, unknown>;
  parameters: Record<string, unknown>[];
  steps: DraftStep[];
  problems: DraftProblem[];
  /** What is to be known though nothing is wrong: a parameter that no step takes. */
  warnings: DraftProblem[];
  /** Notebooks, SQL and Python files below the pipeline's folder. */
  files: string[];
  /** The pipeline, where nothing is wrong. */
  pipeline: Pipeline | null;
}
