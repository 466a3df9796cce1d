import { useState } from 'react';
import { type Host } from '../host.js';
import { type IssuedToken, type Token, type TokenFacts } from '../records.js';
import { Button } from '../ui/Button.js';
import { Confirm } from '../ui/Confirm.js';
import { copyText } from '../ui/copyText.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { When } from '../ui/When.js';
import { isActive } from './people.js';
import { TokenForm } from './TokenForm.js';

const SCOPES: Record<Token['scope'], string> = { read: 'look only', write: 'all its owner may', run: 'a run' };

/** What is asked before it is done. */
interface Asked {
  token: Token;
  what: 'revoke' | 'rotate';
}

/** The tokens of somebody: issued, shown once, taken back, given another secret. */
export function Tokens(props: {
  host: Host;
  owner: string;
  tokens: Token[];
  issue: (facts: TokenFacts) => Promise<IssuedToken>;
  onChanged: (words: string) => void;
}) {
  const { host, owner, tokens, onChanged } = props;
  const [adding, setAdding] = useState(false);
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [all, setAll] = useState(false);
  const work = useAction(async ({ token, what }: Asked) => {
    if (what === 'rotate') {
      setIssued(await host.call('users.rotate_token', { token_id: token.id }));
    } else {
      await host.call('users.revoke_token', { token_id: token.id });
    }
    setAsked(null);
    onChanged(what === 'rotate' ? 'The token has another secret.' : 'The token opens nothing any more.');
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
        <TokenForm
          issue={props.issue}
          onIssued={made => {
            setAdding(false);
            setIssued(made);
            onChanged('A token is issued.');
          }}
          onCancel={() => setAdding(false)}
        />
      )}
      {issued && <Secret key={issued.token.id} issued={issued} onDone={() => setIssued(null)} />}
      {asked && (
        <Confirm
          label={asked.what === 'rotate' ? 'Give the token another secret' : 'Revoke the token'}
          action={asked.what === 'rotate' ? 'Give another secret' : 'Revoke'}
          busy={work.busy}
          onDo={() => void work.run(asked)}
          onLeave={() => setAsked(null)}
        >
          {asked.token.name ? `“${asked.token.name}”` : 'The token'} opens nothing from the next request on
          {asked.what === 'rotate' ? ', but with the secret that is shown then.' : '. It cannot be brought back; another can be issued.'}
        </Confirm>
      )}
      {work.error && <Problem title="It was not done." error={work.error} />}
      {shown.length === 0 && !adding && !issued && <p className="wb-hint">None that opens anything. With one, its owner asks from a notebook, a program or the command line.</p>}
      <ul className="wb-versions" aria-label={`Tokens of ${owner}`}>
        {shown.map(token => (
          <li key={token.id} className="wb-inline">
            <About token={token} />
            {isActive(token, Date.now()) && (
              <>
                <Button onClick={() => setAsked({ token, what: 'revoke' })}>{token.kind === 'session' ? 'Sign out' : 'Revoke'}</Button>
                {token.kind === 'token' && <Button onClick={() => setAsked({ token, what: 'rotate' })}>New secret</Button>}
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function About({ token }: { token: Token }) {
  const only = [...token.limits.datasets, ...token.limits.verbs];
  return (
    <span className="wb-break">
      <strong>{token.kind === 'session' ? 'Signed in' : token.name || 'without a label'}</strong>{' '}
      {token.kind === 'token' && <span className="wb-tag">{SCOPES[token.scope]}</span>} {only.length > 0 && <span className="wb-tag">only {only.join(', ')}</span>}{' '}
      <span className="wb-hint">
        {token.kind === 'session' ? 'since' : 'issued'} <When at={token.created_at} />
        {token.used_at && (
          <>
            , last used <When at={token.used_at} />
          </>
        )}
        , <Ends token={token} />
      </span>
    </span>
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

/** The one time that a token is seen. It is kept nowhere, not in what the panel remembers either. */
function Secret({ issued, onDone }: { issued: IssuedToken; onDone: () => void }) {
  const [copied, setCopied] = useState('');
  const copy = () =>
    copyText(issued.secret).then(copied => setCopied(copied ? 'Copied.' : 'The browser did not let it be copied: select the text.'));
  return (
    <div className="wb-secret" role="group" aria-label="New token, shown once">
      <p>This is the only time it is shown. It goes into WORKBENCH_TOKEN, beside WORKBENCH_URL.</p>
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
