import { useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { channelName } from './words.js';

interface Props {
  host: Host;
  channel: 'email' | 'webhook' | 'slack';
  /** Where it goes to: an address, or a webhook's server. */
  to: string | null;
  onChanged: () => void;
  onDone: (words: string) => void;
}

/** Where messages of a channel go to; of a webhook the address is a secret, which is not shown again. */
export function ChannelLine({ host, channel, to, onChanged, onDone }: Props) {
  const [text, setText] = useState('');
  const [key, setKey] = useState<string | null>(null);
  const mail = channel === 'email';
  const connect = useAction(async () => {
    const said = await host.call('notifications.connect', mail ? { channel, address: text.trim() } : { channel, secret: text.trim() });
    setText('');
    setKey(said.key);
    onChanged();
  });
  const act = useAction(async (work: () => Promise<void>) => work());
  const test = () =>
    act.run(async () => {
      const found = await host.call('notifications.test', { channel });
      if (!found.ok) {
        throw new WorkbenchError(found.message, 'unavailable', found.fix);
      }
      onDone('A message is on its way to you.');
    });
  const disconnect = () =>
    act.run(async () => {
      await host.call('notifications.disconnect', { channel });
      setKey(null);
      onChanged();
    });
  const error = connect.error ?? act.error;
  const busy = connect.busy || act.busy;
  return (
    <div>
      <LineForm label={`By ${channelName(channel)}`} autoComplete="off" onSubmit={() => void connect.run()} onCancel={() => setText('')}>
        <span className="wb-notification-channel">{channelName(channel)}</span>
        {to === null ? (
          <>
            <input
              className="wb-input"
              type={mail ? 'email' : 'password'}
              value={text}
              required
              aria-label={`Address for ${channelName(channel)}`}
              placeholder={mail ? 'ada@example.org' : 'https://…'}
              onChange={event => setText(event.target.value)}
            />
            <Button submit disabled={busy}>
              Connect
            </Button>
          </>
        ) : (
          <>
            <span>{to}</span>
            <Button disabled={busy} onClick={() => void test()}>
              Send a test
            </Button>
            <Button disabled={busy} onClick={() => void disconnect()}>
              Disconnect
            </Button>
          </>
        )}
      </LineForm>
      {key !== null && (
        <p className="wb-row-note">
          Messages are signed with this key, which is not shown again: <code>{key}</code>
        </p>
      )}
      {error && <Problem title="It did not work." error={error} />}
    </div>
  );
}
