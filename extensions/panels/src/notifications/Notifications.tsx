import { useEffect, useRef } from 'react';
import { type Host } from '../host.js';
import { openRun } from '../pipelines/openRun.js';
import { type PersonalNotification } from '../records.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { useKept, useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { NotificationForm } from './NotificationForm.js';
import { sentInWords } from './words.js';

/** What one is told of, and what one chooses to be told. */
export function Notifications({ host }: { host: Host }) {
  const list = useKept(
    useResource('notifications', signal => host.call('notifications.list', {}, signal)),
    'notifications'
  );
  // A worker makes notifications of what happens a moment after it.
  const later = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEvents(host, changesRuns, () => {
    later.current ??= setTimeout(() => {
      later.current = undefined;
      list.reload();
    }, 2500);
  });
  useEffect(() => () => clearTimeout(later.current), []);
  const read = useAction(async (ids: string[]) => {
    await host.call('notifications.read', { ids });
    list.reload();
  });
  const show = (each: PersonalNotification) => {
    if (!each.read) {
      void read.run([each.id]);
    }
    const { pipeline, run_id: run } = each.facts;
    if (pipeline && run) {
      void openRun(host, pipeline, run);
    }
  };
  return (
    <div className="wb-notifications">
      <section aria-label="Notifications">
        <h3>
          Notifications{' '}
          {list.data?.some(each => !each.read) && (
            <Button disabled={read.busy} onClick={() => void read.run([])}>
              Mark all as read
            </Button>
          )}
        </h3>
        {read.error && <Problem title="It was not noted." error={read.error} />}
        <Loaded of={list} label="Reading the notifications" failed="The notifications could not be read." rows={3}>
          {found =>
            found.length === 0 ? (
              <p className="wb-row-note">Nothing has happened that you want to be told of.</p>
            ) : (
              <ul aria-label="What you are told of">
                {found.map(each => (
                  <Line key={each.id} of={each} onOpen={() => show(each)} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </section>
      <NotificationForm host={host} />
    </div>
  );
}

function Line({ of, onOpen }: { of: PersonalNotification; onOpen: () => void }) {
  const opens = of.facts.pipeline !== undefined && of.facts.run_id !== undefined;
  return (
    <li className="wb-notification" data-unread={!of.read || undefined}>
      <div>
        {opens || !of.read ? (
          <button type="button" className="wb-link" onClick={onOpen} title={opens ? 'Open the run' : 'Mark as read'}>
            {of.title}
          </button>
        ) : (
          of.title
        )}
        {!of.read && <span className="wb-tag">new</span>}
        <span className="wb-row-note">
          <When at={of.at} />
          {of.deliveries.length > 0 && `, ${sentInWords(of.deliveries)}`}
        </span>
      </div>
      <div className="wb-row-note">{of.error ?? of.text}</div>
    </li>
  );
}
