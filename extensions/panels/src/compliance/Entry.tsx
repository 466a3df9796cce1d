import { moment } from '../format.js';
import { type AuditEntry } from '../records.js';
import { IconButton } from '../ui/Button.js';

/** All that the log holds of one decision. */
export function Entry({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const facts: [string, string | null][] = [
    ['When', moment(entry.at)],
    ['Who', entry.who],
    ['What', entry.verb],
    ['About', entry.about],
    ['Masks written to', entry.masked?.join(', ') || null],
    ['Outcome', entry.code ? `${entry.outcome} (${entry.code})` : entry.outcome],
    ['Policy', entry.policy === 0 ? 'none written: the built-in one' : `version ${entry.policy}`],
    ['Token', entry.token_id],
    ['Run', entry.run_id],
    ['Digest', entry.digest]
  ];
  return (
    <aside className="wb-entry" aria-label={`Entry ${entry.seq}`}>
      <header className="wb-inline">
        <h3>Entry {entry.seq}</h3>
        <span className="wb-gap" />
        <IconButton icon="close" label={`Close entry ${entry.seq}`} onClick={onClose} />
      </header>
      <dl className="wb-overview-facts">
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <div key={name} className="wb-entry-fact">
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            )
        )}
        {entry.datasets.map(each => (
          <div key={`${each.id} ${each.branch} ${String(each.snapshot_id)}`} className="wb-entry-fact">
            <dt>Read</dt>
            <dd>
              {each.name}
              {each.branch !== 'main' && `#${each.branch}`}
              {each.snapshot_id !== null && ` at snapshot ${each.snapshot_id}`}
              {each.rules.length > 0 && `, through ${each.rules.join(', ')}`}
            </dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
