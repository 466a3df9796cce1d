import { useState } from 'react';
import { type Host } from '../host.js';
import { type User } from '../records.js';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';

/** With a password a person signs in; a program has tokens. */
export function Password(props: { host: Host; user: User; onChanged: (words: string) => void }) {
  const { host, user } = props;
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const close = () => {
    setOpen(false);
    setText('');
  };
  const set = useAction(async () => {
    await host.call('users.set_password', { name: user.name, password: text });
    close();
    props.onChanged(`${user.name} signs in with the new password.`);
  });
  return (
    <section aria-label="Password">
      <h3>
        Password
        {!open && (
          <button type="button" className="wb-link" onClick={() => setOpen(true)}>
            {user.has_password ? 'Set another' : 'Set one'}
          </button>
        )}
      </h3>
      <p className="wb-hint">
        {user.has_password ? 'There is one. With another, everything that is signed in by that name is signed out; tokens stay.' : 'There is none: nobody signs in by that name, tokens can be made all the same.'}
      </p>
      {open && (
        <LineForm label="New password" autoComplete="off" onSubmit={() => void set.run()} onCancel={close}>
          <label>
            <span>New password</span>
            <input className="wb-input wb-wider" type="password" autoComplete="new-password" autoFocus value={text} onChange={event => setText(event.target.value)} />
          </label>
          <Button primary submit disabled={set.busy || !text}>
            Set
          </Button>
          <Button onClick={close}>Cancel</Button>
          {set.error && <Problem title="It was not set." error={set.error} />}
        </LineForm>
      )}
    </section>
  );
}
