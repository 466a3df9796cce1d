import { type MutableRefObject, useEffect, useRef, useState } from 'react';
import { type Host } from '../host.js';
import { type Writable } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem, Skeleton } from '../ui/States.js';
import { useResource } from '../ui/useResource.js';
import { Words } from '../ui/Words.js';
import { NameField } from './NameField.js';
import { type Kind, KINDS, saving, unfitForView, writableInWords } from './saving.js';
import { StepForm } from './StepForm.js';
import { useName } from './useName.js';

/** What Enter in a field does. */
export type Submit = MutableRefObject<() => void>;

/** What the statement at the cursor is kept as: a view or a table, by a statement that is run, or a step of a pipeline. */
export function SaveAs(props: {
  host: Host;
  sql: string;
  values: Record<string, string>;
  /** Run the statement that keeps it. */
  onRun: (sql: string) => void;
  onCancel: () => void;
}) {
  const { host, sql, onCancel } = props;
  const [kind, setKind] = useState<Kind>('view');
  const submit: Submit = useRef(() => undefined);
  const where = useResource('writable', signal => host.call('query.writable', {}, signal));
  const lower = () => {
    if (where.error) {
      return <Problem title="It is not known where you may write." error={where.error} onRetry={where.reload} />;
    }
    if (!where.data) {
      return <Skeleton label="Asking where you may write" rows={1} />;
    }
    return kind === 'step' ? (
      <StepForm host={host} sql={sql} values={props.values} where={where.data} submit={submit} onCancel={onCancel} />
    ) : (
      <KeepForm host={host} where={where.data} unfit={kind === 'view' ? unfitForView(sql) : ''} submit={submit} onSave={name => props.onRun(saving(kind, name, sql))} onCancel={onCancel} />
    );
  };
  return (
    <form
      className="wb-form-line wb-sql-save"
      aria-label="Save the statement"
      data-lm-suppress-shortcuts="true"
      autoComplete="off"
      onSubmit={event => {
        event.preventDefault();
        submit.current();
      }}
      onKeyDown={event => event.key === 'Escape' && onCancel()}
    >
      <label className="wb-sql-choice">
        Save as
        <select className="wb-select" value={kind} autoFocus onChange={event => setKind(event.target.value as Kind)}>
          {KINDS.map(([each, word]) => (
            <option key={each} value={each}>
              {word}
            </option>
          ))}
        </select>
      </label>
      {lower()}
    </form>
  );
}

function KeepForm(props: { host: Host; where: Writable; /** Why it cannot be kept so; empty: it can. */ unfit: string; submit: Submit; onSave: (name: string) => void; onCancel: () => void }) {
  const { where, submit, onSave } = props;
  const [name, setName] = useState(where.proposed ?? '');
  const named = useName(props.host, name, true);
  const state = props.unfit ? { ready: false, problem: props.unfit } : named;
  const nowhere = where.proposed === null;
  useEffect(() => {
    submit.current = () => state.ready && onSave(name.trim());
  });
  return (
    <>
      {nowhere ? (
        <p className="wb-sql-about wb-hint" role="status">
          <Words text={[where.problem, where.fix].filter(Boolean).join(' ')} />
        </p>
      ) : (
        <NameField label="Name" value={name} state={state} hint={writableInWords(where)} autoFocus onChange={setName} />
      )}
      <span className="wb-sql-actions">
        <Button primary submit disabled={!state.ready} title={nowhere ? (where.problem ?? '') : 'Writes the statement into the editor and runs it'}>
          Save
        </Button>
        <Button onClick={props.onCancel}>Cancel</Button>
      </span>
    </>
  );
}
