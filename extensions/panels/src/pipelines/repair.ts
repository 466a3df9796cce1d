import { type Parameter, type Repair, type RepairPreview, type Run } from '../records.js';
import { type Draft, draftOf, paramsOf } from '../runs/params.js';

export type Source = 'pinned' | 'current';

/** Names in a sentence: `a`, `a and b`, `a, b and c`. */
export const together = (names: readonly string[]): string => (names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`);

const verb = (names: readonly string[], one: string, many: string): string => `${together(names)} ${names.length === 1 ? one : many}`;

/** What a repair would do, in sentences, before it is begun; `chosen` are the steps that were asked for (null: those that did not succeed). */
export function planOf(plan: RepairPreview, chosen: readonly string[] | null): string {
  const first = chosen === null ? plan.steps : plan.steps.filter(step => chosen.includes(step));
  const follow = plan.steps.filter(step => !first.includes(step));
  const said = [
    plan.steps.length === 0 && 'No step runs again: what the run has written is published.',
    plan.steps.length > 0 && `${verb(first, 'runs again', 'run again')}${follow.length > 0 ? `, and ${verb(follow, 'after it, which needs it', 'after it, which need it')}` : ''}.`,
    plan.anew.length > 0 &&
      (plan.publishes
        ? `What ${verb(plan.anew, 'has', 'have')} written is made anew in its place.`
        : `What ${verb(plan.anew, 'has', 'have')} written is published and stays: rows appended anew stand beside it.`),
    plan.kept.length > 0 && plan.steps.length > 0 && `${verb(plan.kept, 'stays as it is', 'stay as they are')}.`
  ];
  return said.filter(Boolean).join(' ');
}

/** The form's values: those of the run, with what was typed over them. */
export function valuesOf(plan: Pick<RepairPreview, 'parameters' | 'params'>, typed: Draft): Draft {
  const asRun = plan.parameters.map((each): Parameter => ({ ...each, default: plan.params[each.name] ?? null }));
  return { ...draftOf(asRun), ...Object.fromEntries(Object.entries(typed).filter(([name]) => asRun.some(each => each.name === name))) };
}

/** The parameters that are others than the run's. An emptied one is sent as none, which means its default. */
export function othersOf(plan: Pick<RepairPreview, 'parameters' | 'params'>, typed: Draft): Record<string, unknown> {
  const before = valuesOf(plan, {});
  const others = plan.parameters.filter(({ name }) => typed[name] !== undefined && typed[name] !== before[name]);
  const emptied = others.filter(({ name }) => typed[name] === '');
  return { ...paramsOf(others, typed), ...Object.fromEntries(emptied.map(({ name }) => [name, null])) };
}

/** The steps of a run. */
export const stepsOf = (run: Run): string[] => Object.keys((run.attributes.steps ?? {}) as Record<string, string>);

/** The repairs that a run has had, oldest first; none where its history is not told. */
export const repairsOf = (run: Run): Repair[] => (Array.isArray(run.attributes.repairs) ? (run.attributes.repairs as Repair[]) : []);

/** Which parameters a repair gave other values than the run had before. */
export const changedBy = (repair: Repair): [string, unknown][] => {
  const before = repair.before.params ?? {};
  return Object.entries(repair.params).filter(([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value));
};
