import { useState } from 'react';
import { plural } from '../format.js';
import { type Finding } from '../records.js';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';

/** Why it is none: the reason is kept, and what was rejected is not proposed again unless its column changes. */
export function Reject(props: { findings: Finding[]; busy: boolean; onDo: (note: string) => void; onLeave: () => void }) {
  const [note, setNote] = useState('');
  const [first] = props.findings;
  const what = props.findings.length === 1 ? `${first!.dataset}.${first!.column}: no ${first!.tag}` : plural(props.findings.length, 'finding');
  return (
    <LineForm label="Reject" onSubmit={() => props.onDo(note.trim())} onCancel={props.onLeave}>
      <label>
        <span>{what}</span>
        <input className="wb-input wb-wider" autoFocus aria-label="Why not" placeholder="Why (may stay empty)" value={note} onChange={event => setNote(event.target.value)} />
      </label>
      <Button primary submit disabled={props.busy}>
        Reject
      </Button>
      <Button onClick={props.onLeave}>Leave as it is</Button>
    </LineForm>
  );
}
