import { plural } from '../format.js';
import { type Host } from '../host.js';
import { type SchemaChange } from '../records.js';
import { Loaded } from '../ui/Loaded.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';

const WORDS: Record<SchemaChange['kind'], (change: SchemaChange) => string> = {
  added: change => `${change.column} was added${change.after ? ` (${change.after})` : ''}`,
  dropped: change => `${change.column} was dropped`,
  renamed: change => `${change.before} is now ${change.after}`,
  type: change => `${change.column}: ${change.before} became ${change.after}`,
  required: change => `${change.column} must have a value`,
  optional: change => `${change.column} may be empty`,
  doc: change => `${change.column} is described otherwise`
};

/** Differences between two schemas, in words. */
export const Changes = ({ changes }: { changes: SchemaChange[] }) => (
  <ul className="wb-changes">
    {changes.map((change, i) => (
      <li key={i}>
        {WORDS[change.kind](change)}
        {!change.safe && <span className="wb-tag wb-bad">breaks readers</span>}
      </li>
    ))}
  </ul>
);

/** Every schema it has had, newest first. */
export function Schemas({ host, name, version }: { host: Host; name: string; version: string }) {
  const found = useResource(version, signal => host.call('catalog.schema_history', { name }, signal));
  return (
    <section aria-label="Columns over time">
      <h3>Columns over time</h3>
      <Loaded of={found} label="Reading the schemas" failed="The schemas could not be read." rows={2}>
        {versions => (
          <ul className="wb-versions">
            {versions.map(each => (
              <li key={each.version}>
                {each.since ? <When at={each.since} /> : 'not written with yet'}: {plural(each.columns.length, 'column')}
                {each.current && <span className="wb-tag">current</span>}
                {each.changes.length > 0 && <Changes changes={each.changes} />}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  );
}
