import { useEffect, useState } from 'react';
import { plural } from '../format.js';
import { type Host } from '../host.js';
import { type DroppedTable } from '../records.js';
import { Button } from '../ui/Button.js';
import { Disclosure } from '../ui/Disclosure.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { changesDatasets, useEvents } from '../ui/useEvents.js';
import { useAdmin } from '../ui/useMe.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';

/** What was dropped and can be brought back, below the tree; nothing where nothing was. */
export function DroppedDatasets({ host, onRestored }: { host: Host; onRestored: (name: string) => void }) {
  const found = useResource(useAdmin(host) ? 'dropped' : null, signal => host.call('datasets.dropped', {}, signal));
  const [open, setOpen] = useState(false);
  useEvents(host, changesDatasets, found.reload);
  const dropped = found.data ?? [];
  useEffect(() => {
    if (found.data?.length === 0) {
      setOpen(false);
    }
  }, [found.data]);
  if (dropped.length === 0) {
    return null;
  }
  return (
    <section className="wb-dropped" aria-label="Dropped datasets">
      <Disclosure open={open} onToggle={() => setOpen(!open)}>
        <span>{plural(dropped.length, 'dropped dataset')}</span>
      </Disclosure>
      {open && (
        <ul>
          {dropped.map(each => (
            <Line key={each.table_uuid + each.dropped_at} host={host} dropped={each} onRestored={onRestored} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Line({ host, dropped, onRestored }: { host: Host; dropped: DroppedTable; onRestored: (name: string) => void }) {
  const { name } = dropped;
  const restore = useAction(async () => {
    await host.call('datasets.undrop', { name });
    onRestored(name);
  });
  return (
    <li>
      <span className="wb-dropped-name" title={name}>
        {name}
      </span>
      <Button disabled={restore.busy} title={`Bring ${name} back as it was`} onClick={() => void restore.run()}>
        Restore
      </Button>
      <p className="wb-hint">
        Dropped <When at={dropped.dropped_at} /> by {dropped.dropped_by}; gone for good after {dropped.purge_after.slice(0, 10)}
      </p>
      {restore.error && <Problem title={`${name} was not brought back.`} error={restore.error} />}
    </li>
  );
}
