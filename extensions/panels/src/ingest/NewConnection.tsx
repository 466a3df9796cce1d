import { useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';

/** What each kind of database is asked for; the server says what else is wrong. */
const KINDS: Record<string, readonly [option: string, label: string, hint: string][]> = {
  postgresql: [
    ['host', 'Host', 'db.example.org'],
    ['port', 'Port', '5432'],
    ['database', 'Database', ''],
    ['user', 'User', '']
  ],
  mysql: [
    ['host', 'Host', 'db.example.org'],
    ['port', 'Port', '3306'],
    ['database', 'Database', ''],
    ['user', 'User', '']
  ],
  sqlite: [['path', 'File', 'data/shop.db']],
  duckdb: [['path', 'File', 'data/shop.duckdb']]
};
const isServer = (kind: string): boolean => KINDS[kind]?.[0]?.[0] === 'host';

/** Save one more connection, and see that it answers. */
export function NewConnection({ host, onSaved, onCancel }: { host: Host; onSaved: (name: string) => void; onCancel: () => void }) {
  const [name, setName] = useState('');
  const [kind, setKind] = useState('postgresql');
  const [options, setOptions] = useState<Record<string, string>>({});
  const [secret, setSecret] = useState('');
  const save = useAction(async () => {
    const given = KINDS[kind]!.flatMap(([option]) => {
      const text = options[option]?.trim();
      return text ? [[option, option === 'port' ? Number(text) : text]] : [];
    });
    await host.call('sources.connect', { name: name.trim(), kind, options: Object.fromEntries(given), secret: secret && isServer(kind) ? secret : undefined });
    const tested = await host.call('sources.test', { name: name.trim() });
    if (!tested.ok) {
      throw new WorkbenchError(tested.message ?? 'The database does not answer.', 'unavailable', tested.fix);
    }
    onSaved(name.trim());
  });
  return (
    <form
      className="wb-form-line"
      aria-label="New connection"
      data-lm-suppress-shortcuts="true"
      autoComplete="off"
      onSubmit={event => {
        event.preventDefault();
        void save.run();
      }}
    >
      <label>
        <span>Name</span>
        <input className="wb-input" autoFocus placeholder="shop" value={name} onChange={event => setName(event.target.value)} />
      </label>
      <label>
        <span>Kind</span>
        <select className="wb-select" value={kind} onChange={event => setKind(event.target.value)}>
          {Object.keys(KINDS).map(each => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      {KINDS[kind]!.map(([option, label, hint]) => (
        <label key={option}>
          <span>{label}</span>
          <input
            className="wb-input"
            placeholder={hint}
            spellCheck={false}
            value={options[option] ?? ''}
            onChange={event => setOptions(old => ({ ...old, [option]: event.target.value }))}
          />
        </label>
      ))}
      {isServer(kind) && (
        <label title="It is kept encrypted, and shown nowhere">
          <span>Password</span>
          <input className="wb-input" type="password" autoComplete="new-password" value={secret} onChange={event => setSecret(event.target.value)} />
        </label>
      )}
      <Button primary submit disabled={save.busy || !name.trim()}>
        {save.busy ? 'Trying it…' : 'Save'}
      </Button>
      <Button onClick={onCancel}>Cancel</Button>
      {save.error && <Problem title="It does not work so." error={save.error} />}
    </form>
  );
}
