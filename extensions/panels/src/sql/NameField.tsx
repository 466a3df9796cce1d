import { useId } from 'react';
import { Words } from '../ui/Words.js';
import { type NameState } from './useName.js';

/** A field for a dataset's full name, with what is the matter with it below. */
export function NameField(props: { label: string; value: string; state: NameState; hint: string; autoFocus?: boolean; disabled?: boolean; onChange: (name: string) => void }) {
  const id = useId();
  const { problem } = props.state;
  return (
    <>
      <input
        className="wb-input"
        aria-label={props.label}
        aria-invalid={problem !== '' || undefined}
        aria-describedby={id}
        placeholder="zone.name"
        autoFocus={props.autoFocus}
        disabled={props.disabled}
        spellCheck={false}
        value={props.value}
        onChange={event => props.onChange(event.target.value)}
      />
      <span id={id} className={problem ? 'wb-sql-about wb-bad' : 'wb-sql-about wb-hint'} aria-live="polite">
        <Words text={problem || props.hint} />
      </span>
    </>
  );
}
