import { type FormEvent, type ReactNode, useEffect, useRef } from 'react';
import { type WorkbenchError } from '../host.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';

interface AgainFormProps {
  title: string;
  /** Whether there is something to type into. */
  ready: boolean;
  looking: boolean;
  /** What it would do, in a sentence. */
  plan: string;
  /** Why it cannot be done so, and why it was not. */
  unfit?: { title: string; error: WorkbenchError } | undefined;
  failed?: WorkbenchError | undefined;
  start: string;
  mayStart: boolean;
  onStart: () => void;
  onClose: () => void;
  children?: ReactNode;
}

/** What is asked before a run is carried out again. */
export function AgainForm(props: AgainFormProps) {
  const { ready } = props;
  const form = useRef<HTMLFormElement>(null);
  // Once: who chooses other files outside of the form stays there.
  const entered = useRef(false);
  useEffect(() => {
    if (ready && !entered.current) {
      entered.current = true;
      form.current?.querySelector<HTMLElement>('input, select, button:not(:disabled)')?.focus();
    }
  }, [ready]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onStart();
  };
  return (
    <form
      ref={form}
      className="wb-form wb-repair-form"
      aria-label={props.title}
      data-lm-suppress-shortcuts="true"
      onSubmit={submit}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          props.onClose();
          event.stopPropagation();
        }
      }}
    >
      <h3>{props.title}</h3>
      {props.children}
      <p className="wb-repair-plan" role="status" aria-busy={props.looking || undefined}>
        {props.plan}
      </p>
      {props.unfit && <Problem title={props.unfit.title} error={props.unfit.error} />}
      {props.failed && <Problem title="It was not started." error={props.failed} />}
      <div className="wb-edit-actions wb-start">
        <Button submit primary disabled={!props.mayStart}>
          {props.start}
        </Button>
        <Button onClick={props.onClose}>Cancel</Button>
      </div>
    </form>
  );
}
