import { type Parameter, type Pipeline, type StepMode } from '../records.js';
import { type StepArgs } from '../verbs.js';
import { parametersOf, parameterValue } from './statements.js';

/** What becomes of rows that the output has already. */
export const MODES: readonly (readonly [StepMode, string])[] = [
  ['overwrite', 'Replace all rows'],
  ['append', 'Add the rows'],
  ['upsert', 'Update by key']
];

/** A step of a pipeline as it is filled in. */
export interface StepDraft {
  /** The name of a pipeline that is there; null: a new one, called `fresh`. */
  pipeline: string | null;
  fresh: string;
  step: string;
  /** Null: as the step is called. */
  output: string | null;
  mode: StepMode;
  keys: string;
  /** Null: those that are proposed. */
  needs: string[] | null;
  /** Defaults of the parameters that the pipeline lacks, as they are written. */
  defaults: Record<string, string>;
  replace: boolean;
}

export const pipelineOf = (draft: StepDraft): string => draft.pipeline ?? draft.fresh.trim();

/** Parameters that a statement names: those that the pipeline has, and the names of those that it lacks. */
export function parametersFor(sql: string, pipeline: Pipeline | undefined): { known: Parameter[]; lacking: string[] } {
  const names = parametersOf(sql);
  const known = pipeline?.parameters.filter(each => names.includes(each.name)) ?? [];
  return { known, lacking: names.filter(name => !known.some(each => each.name === name)) };
}

/** What is still to be filled in, as a sentence; empty: nothing. */
export function lacksOf(draft: StepDraft, pipeline: Pipeline | undefined, lacking: readonly string[]): string {
  const without = lacking.find(name => !draft.defaults[name]);
  if (pipelineOf(draft) === '') {
    return 'Name the pipeline.';
  }
  if (draft.step.trim() === '') {
    return 'Name the step.';
  }
  if (without !== undefined) {
    return `Give $${without} a default: a run that says nothing else takes it.`;
  }
  if (draft.mode === 'upsert' && draft.keys.trim() === '') {
    return 'Name the columns by which a row is known.';
  }
  return !draft.replace && pipeline?.steps.some(each => each.name === draft.step.trim()) ? `There is a step ${draft.step.trim()} already.` : '';
}

/** The call that adds the step; `output` empty: the statement writes by itself. */
export function stepArgs(draft: StepDraft, sql: string, output: string, lacking: readonly string[]): StepArgs {
  const given = output !== '' && draft.mode === 'upsert' ? draft.keys.split(',').map(key => key.trim()).filter(Boolean) : [];
  return {
    name: pipelineOf(draft),
    step: draft.step.trim(),
    sql,
    ...(output === '' ? {} : { output, mode: draft.mode }),
    ...(given.length > 0 ? { keys: given } : {}),
    ...(draft.needs === null ? {} : { needs: draft.needs }),
    ...(lacking.length > 0 ? { params: Object.fromEntries(lacking.map(name => [name, parameterValue(draft.defaults[name]!)])) } : {}),
    ...(draft.replace ? { replace: true } : {})
  };
}
