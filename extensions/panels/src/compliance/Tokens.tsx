import { useState } from 'react';
import { type Host } from '../host.js';
import { type IssuedToken, type Token, type User } from '../records.js';
import { Button } from '../ui/Button.js';
import { Confirm } from '../ui/Confirm.js';
import { LineForm } from '../ui/LineForm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { When } from '../ui/When.js';
import { isActive } from './people.js';

const SCOPES: Record<Token['scope'], string> = { read: 'look only', write: 'all she may', run: 'a run' };

/** A user's tokens: given, shown once, taken back. */
export function Tokens(props: { host: Host; user: User; tokens: Token[]; onChanged: (words: string) => void }) {
  const { host, user, tokens, onChanged } = props;
  const [adding, setAdding] = useState(false);
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  const [asked, setAsked] = useState<Token | null>(null);
  const [all, setAll] = useState(false);
  const revoke = useAction(async (token: Token) => {
    await host.call('users.revoke_token', { token_id: token.id });
    setAsked(null);
    onChanged('The token opens nothing any more.');
  });
  const active = tokens.filter(token => isActive(token, Date.now()));
  const shown = all ? tokens : active;
  return (
    <section aria-label="Tokens">
      <h3>
        Tokens
        {!adding && (
          <button type="button" className="wb-link" onClick={() => setAdding(true)}>
            Issue one
          </button>
        )}
        {active.length < tokens.length && (
          <button type="button" className="wb-link" onClick={() => setAll(!all)}>
            {all ? 'Only those that open something' : `Show ${tokens.length - active.length} that open nothing any more`}
          </button>
        )}
      </h3>
      {adding && (
        <NewToken
          host={host}
          user={user}
          onIssued={made => {
            setAdding(false);
            setIssued(made);
            onChanged(`A token for ${user.name} is issued.`);
          }}
          onCancel={() => setAdding(false)}
        />
      )}
      {issued && <Secret issued={issued} onDone={() => setIssued(null)} />}
      {asked && (
        <Confirm label="Revoke the token" action="Revoke" busy={revoke.busy} onDo={() => void revoke.run(asked)} onLeave={() => setAsked(null)}>
          {asked.name ? `“${asked.name}”` : 'The token'} opens nothing from the next request on. It cannot be brought back; another can be issued.
        </Confirm>
      )}
      {revoke.error && <Problem title="It was not revoked." error={revoke.error} />}
      {shown.length === 0 && !adding && !issued && <p className="wb-hint">None that opens anything. With one she asks from a notebook, a program or the command line.</p>}
      <ul className="wb-versions" aria-label={`Tokens of ${user.name}`}>
        {shown.map(token => (
          <li key={token.id} className="wb-inline">
            <span className="wb-break">
              <strong>{token.name || 'without a label'}</strong> <span className="wb-tag">{SCOPES[token.scope]}</span>{' '}
              <span className="wb-hint">
                issued <When at={token.created_at} />
                {token.last_used_at && (
                  <>
                    , last used <When at={token.last_used_at} />
                  </>
                )}
                , <Ends token={token} />
              </span>
            </span>
            {isActive(token, Date.now()) && <Button onClick={() => setAsked(token)}>Revoke</Button>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Ends({ token }: { token: Token }) {
  if (token.revoked_at) {
    return (
      <>
        revoked <When at={token.revoked_at} />
      </>
    );
  }
  return token.expires_at === null ? (
    <>does not expire</>
  ) : (
    <>
      {isActive(token, Date.now()) ? 'expires' : 'expired'} <When at={token.expires_at} />
    </>
  );
}

function NewToken(props: { host: Host; user: User; onIssued: (issued: IssuedToken) => void; onCancel: () => void }) {
  const [label, setLabel] = useState('');
  const [scope, setScope] = useState<'read' | 'write'>('read');
  const [days, setDays] = useState('90');
  const life = days.trim() === '' ? null : Number(days);
  const issue = useAction(async () => {
    props.onIssued(await props.host.call('users.issue_token', { name: props.user.name, scope, days: life, label: label.trim() }));
  });
  const wrong = life !== null && !(life > 0 && life <= 36500);
  return (
    <LineForm label="New token" autoComplete="off" onSubmit={() => void issue.run()} onCancel={props.onCancel}>
      <label>
        <span>For</span>
        <input className="wb-input" autoFocus placeholder="her laptop" value={label} onChange={event => setLabel(event.target.value)} />
      </label>
      <label>
        <span>May</span>
        <select className="wb-select" value={scope} onChange={event => setScope(event.target.value as 'read' | 'write')}>
          <option value="read">look only</option>
          <option value="write">all she may</option>
        </select>
      </label>
      <label title="Empty: it does not expire">
        <span>Days</span>
        <input className="wb-input wb-short" inputMode="decimal" placeholder="no end" aria-invalid={wrong} value={days} onChange={event => setDays(event.target.value)} />
      </label>
      <Button primary submit disabled={issue.busy || wrong} title={wrong ? 'Days are a number from 1 to 36,500, or nothing' : undefined}>
        Issue
      </Button>
      <Button onClick={props.onCancel}>Cancel</Button>
      {issue.error && <Problem title="No token was issued." error={issue.error} />}
    </LineForm>
  );
}

/** The one time that a token is seen. It is kept nowhere, not in the panel's memory either. */
function Secret({ issued, onDone }: { issued: IssuedToken; onDone: () => void }) {
  const [copied, setCopied] = useState('');
  const copy = () =>
    navigator.clipboard.writeText(issued.secret).then(
      () => setCopied('Copied.'),
      () => setCopied('The browser did not let it be copied: select the text.')
    );
  return (
    <div className="wb-secret" role="group" aria-label="New token, shown once">
      <p>This is the only time it is shown. She sets it as WORKBENCH_TOKEN, beside WORKBENCH_URL.</p>
      <input className="wb-input wb-secret-text" aria-label="Token" readOnly value={issued.secret} autoFocus onFocus={event => event.target.select()} />
      <div className="wb-inline">
        <Button primary onClick={() => void copy()}>
          Copy
        </Button>
        <Button onClick={onDone}>I have it</Button>
        <span role="status">{copied}</span>
      </div>
    </div>
  );
}
