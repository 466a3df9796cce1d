import { type DraftProblem, type DraftStep, type PipelineDraft, type StepKind } from '../../records/drafts.js';
import { Button } from '../../ui/Button.js';
import { Words } from '../../ui/Words.js';
import { Choice, Field, Line } from './Field.js';
import { type Entry, KINDS, kindChanged, names, needing, number, OF_STEP, paramsOf, problemsIn, reaches, resourcesIn, resourcesShown, said, setOrNot, shown, valueOf } from './fields.js';
import { Unknown } from './Unknown.js';
import { type Changes } from './useDraft.js';

const WHEN = [
  ['all_succeeded', 'all of these have succeeded'],
  ['any_failed', 'one of these has failed'],
  ['all_ended', 'all of these have ended']
] as const;
const MODES = [
  ['overwrite', 'in the place of the older ones'],
  ['append', 'beside the older ones'],
  ['upsert', 'in the place of those with the same key']
] as const;
const FILE_LABELS = { notebook: 'Notebook', sql: 'SQL file', function: 'Function', approve: '' };
const ENDING = { notebook: '.ipynb', sql: '.sql', function: '.py', approve: '' };

interface Props {
  draft: PipelineDraft;
  step: DraftStep;
  readOnly: boolean;
  onChange: (changes: Changes) => void;
  onRename: (name: string) => void;
  onOpenFile: (file: string) => void;
}

/** The form of one step. */
export function StepFields(props: Props) {
  const { draft, step, readOnly } = props;
  const index = draft.steps.indexOf(step);
  const problems = problemsIn(draft.problems, `steps[${index}]`);
  const file = (step.file ?? '').replace(/:[^:.]*$/, '');
  const approve = (step.entry.approve ?? {}) as Entry;
  const set = (key: string, value: unknown) => props.onChange([setOrNot(['steps', step.name, key], value)]);
  const field = (key: string, label: string, more?: { title?: string; placeholder?: string; lines?: number; list?: string[]; value?: string; read?: (text: string) => unknown }) => (
    <Field
      label={label}
      value={more?.value ?? shown(step.entry[key])}
      problem={problems.get(key)}
      disabled={readOnly}
      onChange={text => set(key, (more?.read ?? (each => each))(text))}
      {...{ title: more?.title, placeholder: more?.placeholder, lines: more?.lines, list: more?.list }}
    />
  );
  return (
    <div className="wb-draft-form" role="group" aria-label={`Step ${step.name}`}>
      <Whole problem={problems.get('')} />
      <Field label="Name" value={step.name} problem={problems.get('name')} disabled={readOnly} onChange={props.onRename} />
      <Choice
        label="Kind"
        value={step.kind}
        options={KINDS}
        disabled={readOnly}
        onChange={kind => props.onChange(kindChanged(step, kind as StepKind, draft.files))}
      />
      {step.kind === 'approve' ? (
        <>
          <Field
            label="Decides"
            title="Roles, and people as user:ada, with commas between them"
            value={shown(approve.by)}
            problem={problems.get('approve.by') ?? problems.get('approve')}
            disabled={readOnly}
            onChange={text => props.onChange([{ do: 'set', at: ['steps', step.name, 'approve', 'by'], value: names(text) }])}
          />
          <Field
            label="Question"
            value={shown(approve.message)}
            problem={problems.get('approve.message')}
            disabled={readOnly}
            onChange={text => props.onChange([setOrNot(['steps', step.name, 'approve', 'message'], text)])}
          />
        </>
      ) : (
        <>
          {field(step.kind, FILE_LABELS[step.kind], {
            value: step.file ?? '',
            list: draft.files.filter(file => file.endsWith(ENDING[step.kind])).map(file => (step.kind === 'function' ? `${file}:${step.name}` : file)),
            title: step.kind === 'function' ? 'A file and a function in it: report.py:tell' : 'A file below the pipeline’s folder'
          })}
          {draft.files.includes(file) && (
            <Line label="">
              <Button onClick={() => props.onOpenFile(file)} title={file}>
                {step.kind === 'notebook' ? 'Open notebook' : 'Open file'}
              </Button>
            </Line>
          )}
        </>
      )}
      {field('description', 'Description', { lines: 2 })}
      <Needs {...props} problem={problems.get('needs')} />
      {step.needs.length > 0 && (
        <Choice label="When" value={shown(step.entry.when) || 'all_succeeded'} options={WHEN} problem={problems.get('when')} disabled={readOnly} onChange={value => set('when', value === 'all_succeeded' ? '' : value)} />
      )}
      {step.kind === 'sql' && (
        <>
          {field('output', 'Rows become', { placeholder: 'gold.daily', title: 'The dataset that the rows of its SELECT become; without it, its statements write' })}
          {step.entry.output !== undefined && (
            <Choice label="Rows go" value={shown(step.entry.mode) || 'overwrite'} options={MODES} problem={problems.get('mode')} disabled={readOnly} onChange={value => set('mode', value === 'overwrite' ? '' : value)} />
          )}
          {(step.entry.mode === 'upsert' || step.entry.key !== undefined) && field('key', 'Key', { placeholder: 'id, day', read: names })}
        </>
      )}
      {step.kind !== 'approve' && <Params {...props} problems={problems} />}
      <h3>Limits</h3>
      {step.kind !== 'approve' && (
        <>
          {field('retries', 'Retries', { placeholder: '0', read: number, title: 'How many attempts follow the first, when it fails' })}
          {step.entry.retries !== undefined && field('retry_wait', 'Wait before', { placeholder: '10s', title: 'Before the first of these; each later one waits twice as long' })}
        </>
      )}
      {field('timeout', 'Time-out', { placeholder: step.kind === 'approve' ? '2d' : '15m', read: text => (/^\d+$/.test(text) ? Number(text) : text) })}
      {step.kind !== 'approve' && field('resources', 'Resources', { placeholder: 'gpu=1 memory=8GB', value: resourcesShown(step.entry.resources), read: text => (text.trim() ? resourcesIn(text) : '') })}
      {[...problems].filter(([key]) => key.startsWith('resources.')).map(([key, problem]) => <Whole key={key} problem={problem} />)}
      <Unknown of={step.entry} known={OF_STEP} problems={problems} disabled={readOnly} onRemove={key => props.onChange([{ do: 'unset', at: ['steps', step.name, key] }])} />
    </div>
  );
}

export const Whole = ({ problem }: { problem: DraftProblem | undefined }) =>
  problem ? (
    <p className="wb-bad" role="alert">
      <Words text={[said(problem), problem.fix].filter(Boolean).join(' ')} />
    </p>
  ) : null;

/** Which steps it begins after: what lines in the graph say, for the keyboard. */
function Needs({ draft, step, readOnly, onChange, problem }: Props & { problem: DraftProblem | undefined }) {
  const steps = draft.steps.filter(each => each.name !== step.name);
  const change = (name: string, on: boolean) => onChange(latest => needing(latest, step.name, name, on));
  return (
    <Line label="Begins after" problem={problem}>
      <div role="group" aria-label="Begins after" className="wb-draft-checks">
        {steps.length === 0 && <span className="wb-hint">It is the only step.</span>}
        {steps.map(({ name }) => {
          // What needs this step already cannot come before it.
          const circle = reaches(draft.steps, name, step.name);
          return (
            <label key={name} className="wb-check" title={circle ? `${name} begins after ${step.name}` : undefined}>
              <input type="checkbox" checked={step.needs.includes(name)} disabled={readOnly || (circle && !step.needs.includes(name))} onChange={event => change(name, event.target.checked)} /> {name}
            </label>
          );
        })}
      </div>
    </Line>
  );
}

/** The step's own parameters: those that its file takes, with what they are else. */
function Params({ draft, step, readOnly, onChange, problems }: Props & { problems: Map<string, DraftProblem> }) {
  const own = (step.entry.params ?? {}) as Entry;
  const taken = paramsOf(step);
  const pipelines = new Map(draft.parameters.map(each => [each.name, each]));
  return (
    <>
      <h3>Parameters</h3>
      <Whole problem={problems.get('params')} />
      {taken.length === 0 && !problems.has(step.kind) && <p className="wb-hint">{step.kind === 'notebook' ? 'Its notebook has no cell tagged “parameters”: it is given all of the pipeline’s at its top.' : 'It takes none.'}</p>}
      {taken.map(({ name, type, default: fallback }) => {
        const from = pipelines.get(name);
        const type_ = type ?? (typeof from?.type === 'string' ? from.type : null);
        const hint = from ? (from.default === undefined || from.default === null ? 'from the run' : `${shown(from.default)}, from the pipeline`) : (fallback ?? 'value, or {{ step.name }}');
        return (
          <Field
            key={name}
            label={type_ ? `${name} (${type_})` : name}
            title={`${name}: a value, or {{ step.name }} for what a step before gives`}
            value={shown(own[name])}
            placeholder={hint}
            problem={problems.get(`params.${name}`)}
            disabled={readOnly}
            list={step.needs.map(need => `{{ ${need}.${name} }}`)}
            onChange={text => onChange([text === '' ? { do: 'unset', at: ['steps', step.name, 'params', name] } : { do: 'set', at: ['steps', step.name, 'params', name], value: valueOf(text, type_) }])}
          />
        );
      })}
    </>
  );
}
