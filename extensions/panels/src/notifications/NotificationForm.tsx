import { useState } from 'react';
import { type Host } from '../host.js';
import { type NotificationChannel, type NotificationEvent, type NotificationSettings } from '../records.js';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';
import { Loaded } from '../ui/Loaded.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useKept, useResource } from '../ui/useResource.js';
import { ChannelLine } from './ChannelLine.js';
import { channelName, EVENTS, subscriptionInWords } from './words.js';

const SENT = ['email', 'webhook', 'slack'] as const;
const EVERY: NotificationChannel[] = ['app', ...SENT];

/** What one chooses: of what, by which channels, and when not. */
export function NotificationForm({ host }: { host: Host }) {
  const settings = useKept(
    useResource('notification settings', signal => host.call('notifications.settings', {}, signal)),
    'notification settings'
  );
  const [notice, say] = useNotice();
  const act = useAction(async (work: () => Promise<unknown>) => {
    await work();
    settings.reload();
  });
  return (
    <section aria-label="What I am told of">
      <h3>What I am told of</h3>
      {act.error && <Problem title="It was not changed." error={act.error} />}
      <Loaded of={settings} label="Reading what you have chosen" failed="What you have chosen could not be read." rows={3}>
        {said => (
          <>
            <ul aria-label="Subscriptions">
              {said.subscriptions.map((each, index) => (
                <li key={subscriptionInWords(each)} className="wb-notification-line">
                  <span>{subscriptionInWords(each)}</span>
                  <Button disabled={act.busy} onClick={() => void act.run(() => host.call('notifications.unsubscribe', { number: index + 1 }))}>
                    Remove
                  </Button>
                </li>
              ))}
            </ul>
            <Subscribe said={said} busy={act.busy} onAdd={wanted => act.run(() => host.call('notifications.subscribe', wanted))} />
            <h3>How it is sent</h3>
            {SENT.map(channel => (
              <ChannelLine key={channel} host={host} channel={channel} to={said[channel]} onChanged={settings.reload} onDone={say} />
            ))}
            <Quiet said={said} busy={act.busy} onSet={hours => act.run(() => host.call('notifications.quiet', hours))} />
          </>
        )}
      </Loaded>
      <Notice text={notice} />
    </section>
  );
}

interface Wanted {
  events: NotificationEvent[];
  about: string[];
  channels: NotificationChannel[];
}

function Subscribe(props: { said: NotificationSettings; busy: boolean; onAdd: (wanted: Wanted) => Promise<boolean> }) {
  const [event, setEvent] = useState<NotificationEvent>('failed');
  const [about, setAbout] = useState('mine');
  const [name, setName] = useState('');
  const [channel, setChannel] = useState<NotificationChannel>('app');
  const stale = event === 'stale';
  const of = stale ? `freshness:${name.trim()}` : about === 'pipeline' ? `pipeline:${name.trim()}` : about;
  const add = async () => {
    if (await props.onAdd({ events: [event], about: [of], channels: [channel] })) {
      setName('');
    }
  };
  return (
    <LineForm label="Be told of more" onSubmit={() => void add()} onCancel={() => setName('')}>
      <label>
        What{' '}
        <select className="wb-select" value={event} onChange={change => setEvent(change.target.value as NotificationEvent)}>
          {Object.entries(EVENTS).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {!stale && event !== 'approval' && (
        <label>
          Of{' '}
          <select className="wb-select" value={about} onChange={change => setAbout(change.target.value)}>
            <option value="mine">what I have started</option>
            <option value="owned">pipelines I own</option>
            <option value="pipeline">a pipeline</option>
          </select>
        </label>
      )}
      {(stale || (about === 'pipeline' && event !== 'approval')) && (
        <label>
          {stale ? 'Dataset and time' : 'Pipeline'}{' '}
          <input className="wb-input" value={name} required placeholder={stale ? 'gold.delays:24h' : 'flights'} onChange={change => setName(change.target.value)} />
        </label>
      )}
      <label>
        By{' '}
        <select className="wb-select" value={channel} onChange={change => setChannel(change.target.value as NotificationChannel)}>
          {EVERY.map(each => (
            <option key={each} value={each} disabled={each !== 'app' && props.said[each] === null}>
              {channelName(each)}
            </option>
          ))}
        </select>
      </label>
      <Button submit disabled={props.busy}>
        Add
      </Button>
    </LineForm>
  );
}

interface Hours {
  start?: string;
  end?: string;
  timezone?: string;
}

function Quiet(props: { said: NotificationSettings; busy: boolean; onSet: (hours: Hours) => Promise<boolean> }) {
  const { quiet, timezone } = props.said;
  const [start, setStart] = useState(quiet?.[0] ?? '22:00');
  const [end, setEnd] = useState(quiet?.[1] ?? '07:00');
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <LineForm label="Quiet hours" onSubmit={() => void props.onSet({ start, end, timezone: here })} onCancel={() => undefined}>
      <span>{quiet ? `Nothing is sent from ${quiet[0]} to ${quiet[1]} (${timezone}).` : 'Messages are sent at any time.'}</span>
      <label>
        Quiet from <input className="wb-input" type="time" value={start} required onChange={change => setStart(change.target.value)} />
      </label>
      <label>
        to <input className="wb-input" type="time" value={end} required onChange={change => setEnd(change.target.value)} />
      </label>
      <Button submit disabled={props.busy}>
        Set
      </Button>
      {quiet && (
        <Button disabled={props.busy} onClick={() => void props.onSet({})}>
          Send at any time
        </Button>
      )}
    </LineForm>
  );
}
