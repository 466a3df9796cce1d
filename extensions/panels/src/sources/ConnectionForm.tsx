import { useState } from 'react';
import { type Host } from '../host.js';
import { type ConnectionTest, type DatabaseKind, type DatabaseOption } from '../records.js';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { type ConnectionDraft, hintOf, labelOf, missing, optionsOf, parted } from './connection.js';

interface Props {
  host: Host;
  kinds: readonly DatabaseKind[];
  draft: ConnectionDraft;
  /** Whether it is there already: its name stays, its secret must be said again. */
  saved: boolean;
  onDraft: (draft: ConnectionDraft) => void;
  onSaved: (name: string, tested: ConnectionTest) => void;
  onCancel: () => void;
}

/** One more connection, or a changed one: by its kind what is asked for. It is tried once it is saved. */
export function ConnectionForm({ host, kinds, draft, saved, onDraft, onSaved, onCancel }: Props) {
  const [secret, setSecret] = useState('');
  const kind = kinds.find(each => each.name === draft.kind) ?? kinds[0]!;
  const lacking = missing(draft, kind);
  const save = useAction(async () => {
    const name = draft.name.trim();
    const given = kind.secret && secret ? secret : undefined;
    await host.call('sources.connect', { name, kind: kind.name, options: optionsOf(draft, kind), secret: given });
    setSecret('');
    onSaved(name, await host.call('sources.test', { name }));
  });
  const [asked, more] = parted(kind);
  const field = (option: DatabaseOption) => (
    <Field
      key={option.name}
      option={option}
      value={draft.options[option.name] ?? ''}
      onChange={value => onDraft({ ...draft, options: { ...draft.options, [option.name]: value } })}
    />
  );
  return (
    <LineForm label={saved ? `Change ${draft.name}` : 'New connection'} autoComplete="off" onSubmit={() => void save.run()} onCancel={onCancel}>
      <label>
        <span>Name</span>
        <input
          className="wb-input"
          autoFocus={!saved}
          placeholder="shop"
          spellCheck={false}
          readOnly={saved}
          value={draft.name}
          onChange={event => onDraft({ ...draft, name: event.target.value })}
        />
      </label>
      <label>
        <span>Kind</span>
        <select className="wb-select" aria-label="Kind" value={kind.name} onChange={event => onDraft({ ...draft, kind: event.target.value })}>
          {kinds.map(each => (
            <option key={each.name} value={each.name} disabled={each.problem !== null} title={each.problem ?? undefined}>
              {each.name}
            </option>
          ))}
        </select>
      </label>
      {asked.map(field)}
      {kind.secret && (
        <label title="It is kept encrypted, and shown nowhere">
          <span>{labelOf(kind.secret)}</span>
          <input
            className="wb-input"
            type="password"
            autoComplete="new-password"
            autoFocus={saved}
            placeholder={saved ? 'to be said again' : ''}
            value={secret}
            onChange={event => setSecret(event.target.value)}
          />
        </label>
      )}
      {more.length > 0 && (
        <details className="wb-more">
          <summary>More</summary>
          <div className="wb-inline">{more.map(field)}</div>
        </details>
      )}
      <Button primary submit disabled={save.busy || lacking !== ''} title={lacking && `Still missing: ${lacking}`}>
        {save.busy ? 'Trying it…' : 'Save and test'}
      </Button>
      <Button onClick={onCancel}>Cancel</Button>
      {asked.some(option => option.kind === 'path') && (
        <p className="wb-hint wb-line">The file lies with the workspace; a path is from its folder.</p>
      )}
      {save.error && <Problem title={`${draft.name.trim()} was not saved.`} error={save.error} />}
    </LineForm>
  );
}

function Field({ option, value, onChange }: { option: DatabaseOption; value: string; onChange: (value: string) => void }) {
  const choices = option.kind === 'yes or no' ? ['true', 'false'] : option.choices;
  return (
    <label>
      <span>{labelOf(option.name)}</span>
      {choices.length > 0 ? (
        <select className="wb-select" aria-label={labelOf(option.name)} value={value || String(option.default ?? '')} onChange={event => onChange(event.target.value)}>
          {choices.map(each => (
            <option key={each}>{each}</option>
          ))}
        </select>
      ) : (
        <input
          className={option.kind === 'number' ? 'wb-input wb-short' : 'wb-input'}
          inputMode={option.kind === 'number' ? 'numeric' : undefined}
          spellCheck={false}
          placeholder={hintOf(option)}
          value={value}
          onChange={event => onChange(event.target.value)}
        />
      )}
    </label>
  );
}
