import { useState } from 'react';
import { type IssuedToken, type TokenFacts } from '../records.js';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { patterns } from './people.js';

/** One more token. */
export function TokenForm(props: { issue: (facts: TokenFacts) => Promise<IssuedToken>; onIssued: (issued: IssuedToken) => void; onCancel: () => void }) {
  const [label, setLabel] = useState('');
  const [scope, setScope] = useState<'read' | 'write'>('read');
  const [days, setDays] = useState('90');
  const [datasets, setDatasets] = useState('');
  const [verbs, setVerbs] = useState('');
  const life = days.trim() === '' ? null : Number(days);
  const issue = useAction(async () => {
    props.onIssued(await props.issue({ scope, days: life, label: label.trim(), datasets: patterns(datasets), verbs: patterns(verbs) }));
  });
  const wrong = life !== null && !(life > 0 && life <= 36500);
  return (
    <LineForm label="New token" autoComplete="off" onSubmit={() => void issue.run()} onCancel={props.onCancel}>
      <label>
        <span>For</span>
        <input className="wb-input" autoFocus placeholder="laptop" value={label} onChange={event => setLabel(event.target.value)} />
      </label>
      <label>
        <span>May</span>
        <select className="wb-select" value={scope} onChange={event => setScope(event.target.value as 'read' | 'write')}>
          <option value="read">look only</option>
          <option value="write">all that its owner may</option>
        </select>
      </label>
      <label title="Empty: it does not expire">
        <span>Days</span>
        <input className="wb-input wb-short" inputMode="decimal" placeholder="no end" aria-invalid={wrong} value={days} onChange={event => setDays(event.target.value)} />
      </label>
      <details className="wb-more">
        <summary>Only for some of it</summary>
        <div className="wb-inline">
          <label>
            <span>Datasets</span>
            <input className="wb-input" spellCheck={false} placeholder="gold.*" value={datasets} onChange={event => setDatasets(event.target.value)} />
          </label>
          <label>
            <span>Calls</span>
            <input className="wb-input" spellCheck={false} placeholder="query.*" value={verbs} onChange={event => setVerbs(event.target.value)} />
          </label>
        </div>
      </details>
      <Button primary submit disabled={issue.busy || wrong} title={wrong ? 'Days are a number up to 36,500, or nothing' : undefined}>
        Issue
      </Button>
      <Button onClick={props.onCancel}>Cancel</Button>
      {issue.error && <Problem title="No token was issued." error={issue.error} />}
    </LineForm>
  );
}
