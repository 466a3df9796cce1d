import { useEffect, useId, useRef } from 'react';

/** Fields for the values of a text's parameters. `missing`: the one that has to be filled in first; the number makes every wish new. */
export function Values(props: {
  names: readonly string[];
  values: Record<string, string>;
  missing: { name: string; round: number } | null;
  onChange: (name: string, value: string) => void;
}) {
  const { names, values, missing } = props;
  const id = useId();
  const lacks = missing && names.includes(missing.name) && !values[missing.name] ? missing : null;
  const fields = useRef(new Map<string, HTMLInputElement>());
  // After it is drawn: the statement may have brought it.
  useEffect(() => {
    if (lacks) {
      fields.current.get(lacks.name)?.focus();
    }
    // Once for each wish.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [lacks?.name, lacks?.round]);
  if (names.length === 0) {
    return null;
  }
  return (
    <div className="wb-sql-bar" role="group" aria-label="Values of parameters">
      {names.map(name => (
        <label key={name} className="wb-sql-choice">
          ${name}
          <input
            ref={field => void (field ? fields.current.set(name, field) : fields.current.delete(name))}
            className="wb-input"
            data-lm-suppress-shortcuts="true"
            placeholder="value"
            aria-invalid={lacks?.name === name || undefined}
            aria-describedby={lacks?.name === name ? id : undefined}
            value={values[name] ?? ''}
            onChange={event => props.onChange(name, event.target.value)}
          />
        </label>
      ))}
      {lacks && (
        <span id={id} key={lacks.round} className="wb-bad" role="alert">
          Fill in ${lacks.name}, then run it again. An empty text is <code>&quot;&quot;</code>.
        </span>
      )}
    </div>
  );
}
