import { type ReactNode, useEffect, useRef, useState } from 'react';
import { type Host } from '../host.js';
import { type Pipeline, type StepMode, type StepPreview, type Writable } from '../records.js';
import { type StepArgs } from '../verbs.js';
import { Button } from '../ui/Button.js';
import { Difference } from '../ui/Difference.js';
import { Loaded } from '../ui/Loaded.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { isAdmin, useMe } from '../ui/useMe.js';
import { type Resource, useDebounced, useKept, useResource } from '../ui/useResource.js';
import { Words } from '../ui/Words.js';
import { NameField } from './NameField.js';
import { writableInWords } from './saving.js';
import { type Submit } from './SaveAs.js';
import { lacksOf, MODES, parametersFor, pipelineOf, stepArgs, type StepDraft } from './step.js';
import { useName } from './useName.js';

interface Props {
  host: Host;
  sql: string;
  /** What stands in the fields of parameters. */
  values: Record<string, string>;
  where: Writable;
  submit: Submit;
  onCancel: () => void;
}

/** A statement as a step of a pipeline, for who may change pipelines. */
export function StepForm(props: Props) {
  const { host, sql } = props;
  const me = useMe(host);
  const pipelines = useResource('pipelines', signal => host.call('pipelines.list', {}, signal));
  const kind = useResource(`kind ${sql}`, signal => host.call('query.validate', { sql }, signal));
  return (
    <Loaded of={me} label="Asking what you may do" failed="It is not known what you may do." rows={1}>
      {who =>
        isAdmin(who) ? (
          <Loaded of={both(pipelines, kind)} label="Reading the pipelines" failed="The pipelines could not be read." rows={4}>
            {([list, told]) => <Fields {...props} pipelines={list.filter(each => each.steps.length > 0)} writes={told.kind !== null && told.kind !== 'select'} />}
          </Loaded>
        ) : (
          <>
            <p className="wb-sql-about wb-hint" role="status">
              Administrators add steps to pipelines: whoever starts one runs its statements with her own rights. Ask one of them, or keep the rows as a table now.
            </p>
            <span className="wb-sql-actions">
              <Button primary disabled title="Administrators add steps to pipelines">
                Save
              </Button>
              <Button onClick={props.onCancel}>Cancel</Button>
            </span>
          </>
        )
      }
    </Loaded>
  );
}

const both = <A, B>(a: Resource<A>, b: Resource<B>): Resource<[A, B]> => ({
  data: a.data !== undefined && b.data !== undefined ? [a.data, b.data] : undefined,
  error: a.error ?? b.error,
  loading: a.loading || b.loading,
  reload: () => {
    a.reload();
    b.reload();
  }
});

const Line = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="wb-sql-line-of" role="group" aria-label={label}>
    <span className="wb-sql-label">{label}</span>
    <div className="wb-sql-fields">{children}</div>
  </div>
);

function Fields({ host, sql, values, where, submit, onCancel, pipelines, writes }: Props & { pipelines: Pipeline[]; writes: boolean }) {
  const [draft, setDraft] = useState<StepDraft>({
    ...{ pipeline: pipelines[0]?.name ?? null, fresh: '', step: '', output: null, mode: 'overwrite', keys: '', needs: null, replace: false },
    defaults: values
  });
  const change = (part: Partial<StepDraft>) => setDraft(old => ({ ...old, ...part }));
  const pipeline = pipelines.find(each => each.name === draft.pipeline);
  const { known, lacking } = parametersFor(sql, pipeline);
  const output = writes ? '' : (draft.output ?? `${where.proposed ?? 'silver.'}${draft.step.trim()}`);
  const name = useName(host, output, false);
  const lacks = lacksOf(draft, pipeline, lacking);
  const args = lacks === '' && (writes || name.ready) ? stepArgs(draft, sql, output, lacking) : null;
  const settled = useDebounced(args && JSON.stringify(args), 300);
  const looked = useKept(
    useResource(settled, signal => host.call('pipelines.preview_step', JSON.parse(settled!) as StepArgs, signal)),
    pipelineOf(draft)
  );
  const steps = pipeline?.steps.map(each => each.name).filter(each => each !== draft.step.trim()) ?? [];
  const needs = draft.needs ?? looked.data?.needs ?? [];
  const [made, setMade] = useState<string>();
  const save = useAction(async () => {
    // What was proposed is what was looked at.
    const added = await host.call('pipelines.add_step', { ...args!, needs });
    setMade(added.name);
  });
  const ready = args !== null && settled === JSON.stringify(args) && looked.data !== undefined && !looked.loading && !save.busy;
  useEffect(() => {
    submit.current = () => ready && void save.run();
  });
  if (made !== undefined) {
    return <Added host={host} pipeline={made} step={draft.step.trim()} onClose={onCancel} />;
  }
  return (
    <div className="wb-sql-step">
      <Line label="Pipeline">
        <select className="wb-select" aria-label="Pipeline" value={draft.pipeline ?? ''} onChange={event => change({ pipeline: event.target.value || null, needs: null, replace: false })}>
          {pipelines.map(each => (
            <option key={each.name}>{each.name}</option>
          ))}
          <option value="">New pipeline…</option>
        </select>
        {draft.pipeline === null && (
          <input className="wb-input" aria-label="Name of the new pipeline" placeholder="name" spellCheck={false} value={draft.fresh} onChange={event => change({ fresh: event.target.value })} />
        )}
      </Line>
      <Line label="Step">
        <input className="wb-input" aria-label="Name of the step" placeholder="name" spellCheck={false} value={draft.step} onChange={event => change({ step: event.target.value, replace: false })} />
        {pipeline?.steps.some(each => each.name === draft.step.trim()) && (
          <label className="wb-check">
            <input type="checkbox" checked={draft.replace} onChange={event => change({ replace: event.target.checked })} /> Replace the step of that name
          </label>
        )}
      </Line>
      {writes ? (
        <Line label="Rows">
          <span className="wb-hint">The statement itself says what it writes to.</span>
        </Line>
      ) : (
        <Line label="Rows go to">
          <NameField label="Dataset that the rows go to" value={output} state={name} hint={writableInWords(where)} onChange={next => change({ output: next })} />
          <select className="wb-select" aria-label="What becomes of rows that are there" value={draft.mode} onChange={event => change({ mode: event.target.value as StepMode })}>
            {MODES.map(([mode, words]) => (
              <option key={mode} value={mode}>
                {words}
              </option>
            ))}
          </select>
          {draft.mode === 'upsert' && (
            <input className="wb-input" aria-label="Key columns" placeholder="id, day" spellCheck={false} value={draft.keys} onChange={event => change({ keys: event.target.value })} />
          )}
        </Line>
      )}
      {steps.length > 0 && (
        <Line label="Begins after">
          {steps.map(each => (
            <label key={each} className="wb-check">
              <input
                type="checkbox"
                checked={needs.includes(each)}
                onChange={event => change({ needs: event.target.checked ? [...needs, each] : needs.filter(one => one !== each) })}
              />{' '}
              {each}
            </label>
          ))}
          {draft.needs === null && needs.length > 0 && <span className="wb-hint">proposed: what it reads is written there</span>}
        </Line>
      )}
      {known.length + lacking.length > 0 && (
        <Line label="Parameters">
          {known.map(each => (
            <span key={each.name} className="wb-hint">
              ${each.name} is the pipeline’s{each.default === null ? '' : `, ${JSON.stringify(each.default)} unless a run says otherwise`}
            </span>
          ))}
          {lacking.map(each => (
            <label key={each} className="wb-sql-choice">
              ${each}
              <input
                className="wb-input"
                aria-label={`Default of $${each}`}
                placeholder="default"
                value={draft.defaults[each] ?? ''}
                onChange={event => change({ defaults: { ...draft.defaults, [each]: event.target.value } })}
              />
            </label>
          ))}
        </Line>
      )}
      <Looked looked={looked} shown={args !== null} />
      {save.error && <Problem title="The step was not added." error={save.error} />}
      <span className="wb-sql-actions">
        <Button primary submit disabled={!ready} title={lacks || 'Writes the statement and the step into the pipeline’s folder'}>
          Save step
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
        <span className="wb-hint" role="status">
          {lacks}
        </span>
      </span>
    </div>
  );
}

/** What saving would change, or why it cannot be done. */
function Looked({ looked, shown }: { looked: Resource<StepPreview>; shown: boolean }) {
  if (shown && looked.error) {
    return (
      <p className="wb-bad" role="alert">
        <Words text={[looked.error.message, looked.error.fix].filter(Boolean).join(' ')} />
      </p>
    );
  }
  if (!looked.data) {
    return null;
  }
  const { path, before, after } = looked.data;
  return (
    <div className="wb-sql-looked" data-old={!shown || undefined}>
      <span className="wb-hint">
        {before === null ? 'New file' : 'Changes to'} <code>{path}</code>, and the statement in a file beside it
      </span>
      <Difference label={`Changes to ${path}`} old={before ?? ''} next={after} />
    </div>
  );
}

function Added({ host, pipeline, step, onClose }: { host: Host; pipeline: string; step: string; onClose: () => void }) {
  const box = useRef<HTMLSpanElement>(null);
  useEffect(() => box.current?.querySelector('button')?.focus(), []);
  return (
    <>
      <p role="status">
        Step {step} is in pipeline {pipeline} now. Its next run carries it out.
      </p>
      <span ref={box} className="wb-sql-actions">
        {host.shows('runs') && (
          <Button
            primary
            onClick={() => {
              onClose();
              void host.open({ kind: 'runs', pipeline });
            }}
          >
            Open pipeline
          </Button>
        )}
        <Button onClick={onClose}>Close</Button>
      </span>
    </>
  );
}
