import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { type DraftProblem } from '../../records/drafts.js';
import { Words } from '../../ui/Words.js';
import { said } from './fields.js';

const PAUSE = 600;

/** A label, what it is of, and what is wrong there in the back end's words. */
export function Line(props: { label: string; title?: string; problem?: DraftProblem; id?: string; describedBy?: string; children: ReactNode }) {
  return (
    <div className="wb-draft-line" data-wrong={props.problem ? true : undefined}>
      <label htmlFor={props.id} title={props.title ?? props.label}>
        {props.label}
      </label>
      <div className="wb-draft-value">
        {props.children}
        {props.problem && (
          <p className="wb-bad" id={props.describedBy}>
            <Words text={[said(props.problem), props.problem.fix].filter(Boolean).join(' ')} />
          </p>
        )}
      </div>
    </div>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
  problem?: DraftProblem;
  title?: string;
  placeholder?: string;
  disabled?: boolean;
  lines?: number;
  /** What is proposed. */
  list?: string[];
}

/** A line of text that is taken over when the person pauses, leaves it, or presses Enter. */
export function Field(props: FieldProps) {
  const { value, problem } = props;
  const id = useId();
  const [text, setText] = useState(value);
  const latest = useRef({ ...props, text });
  latest.current = { ...props, text };
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const taken = useRef(value);
  useEffect(() => {
    // What was written elsewhere is shown, unless something newer is being written here.
    if (value !== taken.current) {
      taken.current = value;
      setText(value);
    }
  }, [value]);
  const take = () => {
    clearTimeout(timer.current);
    const now = latest.current;
    if (now.text !== taken.current) {
      taken.current = now.text;
      now.onChange(now.text);
    }
  };
  useEffect(() => () => take(), []);
  const write = (next: string) => {
    setText(next);
    latest.current.text = next;
    clearTimeout(timer.current);
    timer.current = setTimeout(take, PAUSE);
  };
  const common = {
    id,
    value: text,
    disabled: props.disabled,
    placeholder: props.placeholder,
    spellCheck: false,
    'aria-invalid': problem !== undefined,
    'aria-describedby': problem ? `${id}-wrong` : undefined,
    onBlur: take
  };
  return (
    <Line label={props.label} title={props.title} problem={problem} id={id} describedBy={`${id}-wrong`}>
      {props.lines ? (
        <textarea {...common} className="wb-input" rows={props.lines} onChange={event => write(event.target.value)} />
      ) : (
        <input
          {...common}
          className="wb-input"
          list={props.list && `${id}-list`}
          onChange={event => write(event.target.value)}
          onKeyDown={(event: KeyboardEvent) => event.key === 'Enter' && take()}
        />
      )}
      {props.list && (
        <datalist id={`${id}-list`}>
          {props.list.map(each => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
    </Line>
  );
}

export function Choice(props: { label: string; value: string; options: readonly (readonly [string, string])[]; onChange: (value: string) => void; problem?: DraftProblem; title?: string; disabled?: boolean }) {
  const id = useId();
  // What the file says is shown, known or not.
  const options = props.options.some(([value]) => value === props.value) ? props.options : [[props.value, props.value] as const, ...props.options];
  return (
    <Line label={props.label} title={props.title} problem={props.problem} id={id} describedBy={`${id}-wrong`}>
      <select id={id} className="wb-select" value={props.value} disabled={props.disabled} aria-invalid={props.problem !== undefined} onChange={event => props.onChange(event.target.value)}>
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </Line>
  );
}
