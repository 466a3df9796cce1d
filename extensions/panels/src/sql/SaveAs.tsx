import { useState } from 'react';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';

/** What a statement can be kept as. */
const KINDS = ['view', 'table'] as const;
export type Kind = (typeof KINDS)[number];

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A dataset's name as a statement says it. */
export const quotedName = (name: string): string =>
  name
    .split('.')
    .map(part => (PLAIN.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.');

/** The statement that keeps what another one gives. */
export const saving = (kind: Kind, name: string, sql: string): string => `create ${kind} ${quotedName(name)} as\n${sql}`;

/** Under which name the rows of a statement are kept. */
export function SaveAs({ onSave, onCancel }: { onSave: (kind: Kind, name: string) => void; onCancel: () => void }) {
  const [kind, setKind] = useState<Kind>('view');
  const [name, setName] = useState('silver.');
  const ready = /^[^.\s][^.]*\.[^.]+$/.test(name.trim());
  return (
    <LineForm label="Save the statement" autoComplete="off" onSubmit={() => ready && onSave(kind, name.trim())} onCancel={onCancel}>
      <label className="wb-sql-choice">
        Save as
        <select className="wb-select" value={kind} onChange={event => setKind(event.target.value as Kind)}>
          {KINDS.map(each => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <input className="wb-input" aria-label="Name" placeholder="zone.name" value={name} autoFocus onChange={event => setName(event.target.value)} />
      <Button primary submit disabled={!ready} title="Writes the statement into the editor and runs it">
        Save
      </Button>
      <Button onClick={onCancel}>Cancel</Button>
    </LineForm>
  );
}
