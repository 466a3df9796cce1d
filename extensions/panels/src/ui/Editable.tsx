import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { Button } from './Button.js';
import { useMayChange } from './Changing.js';
import { Problem } from './States.js';

/** Characters of what another has said that are shown beside one's own. */
const MOST = 300;

interface EditableProps {
  label: string;
  text: string;
  /** The words of the button where there is no text. */
  add: string;
  rows?: number;
  hint?: string;
  onSave: (text: string) => Promise<unknown>;
  children: ReactNode;
}

/**
 * A text that can be changed where it stands. What was being written when the page was left is offered again: `slot` is where the
 * draft is kept. `rows` above 1: Enter makes a new line, and Control Enter saves.
 */
export function Editable({ host, slot, ...text }: EditableProps & { host: Host; slot: string }) {
  const [draft, setDraft] = useState<string | null>(null);

  useEffect(() => {
    let live = true;
    void host.storage.get(slot).then(kept => live && typeof kept === 'string' && setDraft(kept));
    return () => {
      live = false;
    };
  }, [host, slot]);

  const write = (text: string | null) => {
    setDraft(text);
    void host.storage.set(slot, text);
  };
  return <EditableText {...text} draft={draft} onDraft={write} />;
}

/** The same, where somebody else keeps what is being written (null where nothing is): a list has one draft for all its lines. */
export function EditableText(props: EditableProps & { draft: string | null; onDraft: (text: string | null) => void }) {
  const { draft, onDraft: write } = props;
  const may = useMayChange();
  const rows = props.rows ?? 1;
  const [error, setError] = useState<WorkbenchError>();
  const [saving, setSaving] = useState(false);
  // What stood there when one began to write: somebody may say something else meanwhile.
  const began = useRef<string | null>(null);
  began.current = draft === null ? null : (began.current ?? props.text);
  const overtaken = began.current !== null && began.current !== props.text && props.text !== draft && !saving;
  const save = async () => {
    setSaving(true);
    try {
      await props.onSave(draft ?? '');
      write(null);
      setError(undefined);
    } catch (problem) {
      setError(WorkbenchError.from(problem));
    }
    setSaving(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      write(null);
    } else if (event.key === 'Enter' && (rows === 1 || event.ctrlKey || event.metaKey)) {
      void save();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  if (!may) {
    return props.text ? <div className="wb-editable">{props.children}</div> : null;
  }
  if (draft === null) {
    return props.text ? (
      <div className="wb-editable">
        {props.children}{' '}
        <button type="button" className="wb-link wb-quiet" aria-label={`Edit ${props.label.toLowerCase()}`} onClick={() => write(props.text)}>
          Edit
        </button>
      </div>
    ) : (
      <button type="button" className="wb-link" onClick={() => write('')}>
        {props.add}
      </button>
    );
  }
  const field = {
    className: 'wb-input',
    'aria-label': props.label,
    autoFocus: true,
    value: draft,
    onChange: (event: { target: { value: string } }) => write(event.target.value),
    onKeyDown
  };
  return (
    <div className="wb-edit" data-lm-suppress-shortcuts="true">
      {rows === 1 ? <input {...field} /> : <textarea rows={rows} {...field} />}
      {overtaken && (
        <p className="wb-hint" role="status">
          {props.text ? (
            <>
              Somebody has changed it meanwhile: <q title={props.text}>{props.text.length > MOST ? `${props.text.slice(0, MOST)}…` : props.text}</q> What you save takes its place.
            </>
          ) : (
            'Somebody has taken it away meanwhile.'
          )}
        </p>
      )}
      {error && <Problem title="It was not saved." error={error} />}
      <div className="wb-edit-actions">
        {props.hint && <span className="wb-hint">{props.hint}</span>}
        <span className="wb-gap" />
        <Button onClick={() => write(null)}>Cancel</Button>
        <Button primary disabled={saving} onClick={() => void save()}>
          Save
        </Button>
      </div>
    </div>
  );
}
