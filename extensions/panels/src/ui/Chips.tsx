import { useId, useState } from 'react';
import { type WorkbenchError } from '../host.js';
import { IconButton } from './Button.js';
import { useMayChange } from './Changing.js';
import { Icon } from './Icon.js';

/** Short words that can be taken away, and a field that adds one. */
export function Chips(props: {
  label: string;
  /** What one is called: "tag". */
  noun: string;
  values: readonly string[];
  /** What is offered while one types. */
  known?: readonly string[];
  /** Only what is known may be added. */
  closed?: boolean;
  error?: WorkbenchError;
  /** Whether to offer changes, where another question than who may change the dataset decides on that. */
  may?: boolean;
  onAdd: (value: string) => void;
  onRemove: (value: string) => void;
}) {
  const [draft, setDraft] = useState<string | null>(null);
  const id = useId();
  const here = useMayChange();
  const may = props.may ?? here;
  const add = (text: string) => {
    const value = text.trim();
    if (value && !props.values.includes(value) && (!props.closed || props.known?.includes(value))) {
      props.onAdd(value);
      setDraft(null);
    }
  };
  const rest = (props.known ?? []).filter(each => !props.values.includes(each));
  return (
    <span className="wb-chips" role="group" aria-label={props.label}>
      {props.values.map(value => (
        <span key={value} className="wb-chip">
          <span className="wb-chip-text" title={value}>
            {value}
          </span>
          {may && (
            <button type="button" className="wb-chip-button" aria-label={`Remove ${props.noun} ${value}`} title="Remove" onClick={() => props.onRemove(value)}>
              <Icon name="close" />
            </button>
          )}
        </span>
      ))}
      {!may ? null : draft === null ? (
        <IconButton icon="add" label={`Add a ${props.noun}`} onClick={() => setDraft('')} />
      ) : (
        <span data-lm-suppress-shortcuts="true">
          <input
            className="wb-input wb-chip-input"
            aria-label={`New ${props.noun}`}
            placeholder={props.closed && rest.length === 0 ? `no ${props.noun} yet` : props.noun}
            list={id}
            autoFocus
            value={draft}
            onChange={event => {
              setDraft(event.target.value);
              // A choice from the list comes as a whole word, without a key.
              if (!(event.nativeEvent as InputEvent).inputType && rest.includes(event.target.value)) {
                add(event.target.value);
              }
            }}
            onKeyDown={event => {
              if (event.key === 'Enter') {
                add(draft);
              } else if (event.key === 'Escape') {
                setDraft(null);
              } else {
                return;
              }
              event.preventDefault();
              event.stopPropagation();
            }}
            onBlur={() => (draft.trim() ? add(draft) : setDraft(null))}
          />
          <datalist id={id}>
            {rest.slice(0, 200).map(each => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </span>
      )}
      {props.error && (
        <span className="wb-bad" role="alert">
          {props.error.message}
        </span>
      )}
    </span>
  );
}
