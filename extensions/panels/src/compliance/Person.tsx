import { useState } from 'react';
import { type Host } from '../host.js';
import { type Principal, type RoleSummary, type Token, type User } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { Confirm } from '../ui/Confirm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { When } from '../ui/When.js';
import { Password } from './Password.js';
import { PersonForm } from './PersonForm.js';
import { Tokens } from './Tokens.js';

/** One user: what is said of her, whether she may do anything, her tokens. */
export function Person(props: {
  host: Host;
  me: Principal;
  user: User;
  roles: RoleSummary[];
  tokens: Token[];
  onChanged: (words: string) => void;
  onClose: () => void;
}) {
  const { host, me, user, onChanged } = props;
  const [asked, setAsked] = useState(false);
  const disabled = user.disabled_at !== null;
  const toggle = useAction(async () => {
    await host.call(disabled ? 'users.enable' : 'users.disable', { name: user.name });
    setAsked(false);
    onChanged(disabled ? `${user.name} is let in again.` : `${user.name} may do nothing any more.`);
  });
  return (
    <aside className="wb-person" aria-label={user.name}>
      <header className="wb-toolbar">
        <h2 title={user.name}>{user.display_name || user.name}</h2>
        <span className="wb-facts">
          {user.kind === 'service' ? 'program' : 'person'} · added <When at={user.created_at} />
        </span>
        <span className="wb-gap" />
        {disabled ? (
          <Button disabled={toggle.busy} onClick={() => void toggle.run()}>
            Enable
          </Button>
        ) : (
          me.name !== user.name && <Button onClick={() => setAsked(true)}>Disable</Button>
        )}
        <IconButton icon="close" label={`Close ${user.name}`} onClick={props.onClose} />
      </header>
      <div className="wb-scroll wb-sections">
        {disabled && (
          <p className="wb-bad wb-person-state">
            Disabled <When at={user.disabled_at} />: refused with any token.
          </p>
        )}
        {asked && (
          <Confirm label={`Disable ${user.name}`} action="Disable" busy={toggle.busy} onDo={() => void toggle.run()} onLeave={() => setAsked(false)}>
            {user.name} is refused from the next request on, with any token. Nothing is deleted; enabled again, all is as before.
          </Confirm>
        )}
        {toggle.error && <Problem title="It was not done." error={toggle.error} />}
        <section aria-label="About">
          <PersonForm host={host} user={user} roles={props.roles} onDone={made => onChanged(`${made.name} is changed.`)} />
        </section>
        {user.kind === 'user' && <Password host={host} user={user} onChanged={onChanged} />}
        <Tokens host={host} owner={user.name} tokens={props.tokens} issue={facts => host.call('users.issue_token', { name: user.name, ...facts })} onChanged={onChanged} />
      </div>
    </aside>
  );
}
