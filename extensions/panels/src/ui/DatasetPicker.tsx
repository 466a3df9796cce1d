import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { type Host } from '../host.js';
import { useSuggested } from './useSuggestions.js';

/** A field to choose a dataset in by typing, by ARIA's pattern of a combobox with a list; `none` is the choice of no dataset. */
export function DatasetPicker(props: {
  host: Host;
  label: string;
  none: string;
  value: string | null;
  onChange: (name: string | null) => void;
}) {
  const { value, none, onChange } = props;
  const [text, setText] = useState<string | null>(null);
  const [active, setActive] = useState(-1);
  const id = useId();
  const shown = text !== null;
  const { names, current } = useSuggested(props.host, text ?? '', { off: !shown });
  // Enter that came before the names of what was typed.
  const [entered, setEntered] = useState(false);
  const choices: (string | null)[] = text ? names : [null, ...names];
  useEffect(() => {
    setActive(-1);
    setEntered(false);
  }, [text]);

  const close = () => setText(null);
  const choose = (name: string | null) => {
    onChange(name);
    close();
  };
  const take = (typed: string) => {
    const name = names.includes(typed.trim()) ? typed.trim() : names[0];
    // What was typed and is nowhere stays, to be mended.
    if (name !== undefined) {
      choose(name);
    }
  };
  useEffect(() => {
    if (entered && current && text) {
      setEntered(false);
      take(text);
    }
    // Carried out once, when the names have come.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [entered, current]);
  const onKeyDown = (event: KeyboardEvent) => {
    const n = choices.length;
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        if (!shown) {
          setText('');
        } else if (n > 0) {
          setActive(old => (event.key === 'ArrowDown' ? (old + 1) % n : (Math.max(old, 0) + n - 1) % n));
        }
        break;
      case 'Enter':
        if (shown && choices[active] !== undefined) {
          choose(choices[active]);
        } else if (shown && text) {
          if (current) {
            take(text);
          } else {
            setEntered(true);
          }
        } else if (shown) {
          choose(null);
        }
        break;
      case 'Escape':
        if (!shown) {
          return;
        }
        close();
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <span className="wb-picker" data-lm-suppress-shortcuts="true">
      <input
        className="wb-input"
        role="combobox"
        aria-label={props.label}
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown && active >= 0 ? `${id}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={value ?? none}
        value={text ?? value ?? ''}
        onClick={() => setText(old => old ?? '')}
        onChange={event => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      {shown && (
        <ul id={`${id}-list`} className="wb-picker-list" role="listbox" aria-label={`${props.label}: choices`}>
          {choices.map((name, i) => (
            <li
              key={name ?? ''}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === active}
              title={name ?? none}
              // The field keeps the focus, or its leaving would shut the list before the click is there.
              onPointerDown={event => event.preventDefault()}
              onPointerEnter={() => setActive(i)}
              onClick={() => choose(name)}
            >
              {name ?? none}
            </li>
          ))}
          {text && current && names.length === 0 && (
            <li role="option" aria-disabled="true" aria-selected={false} className="wb-hint">
              No dataset is called so.
            </li>
          )}
        </ul>
      )}
    </span>
  );
}
