import { exact } from '../format.js';
import { type Host } from '../host.js';
import { type Id64, type Snapshot } from '../records.js';
import { IconButton } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { Changes } from './Schemas.js';

const signed = (value: number): string => (value > 0 ? `+${exact(value)}` : value < 0 ? `−${exact(-value)}` : '0');

/** What leads from the older of two snapshots to the newer: rows and columns. */
export function Compare(props: { host: Host; name: string; snapshots: Snapshot[]; pair: Id64[]; onClose: () => void }) {
  const { host, name } = props;
  const [older, newer] = props.snapshots
    .filter(snapshot => props.pair.includes(snapshot.id))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at)) as [Snapshot, Snapshot];
  const key = `${name} ${older.id} ${newer.id}`;
  const found = useResource(key, signal => host.call('catalog.schema_compare', { name, a: String(older.id), b: String(newer.id) }, signal));
  return (
    <div className="wb-compare" role="region" aria-label="Comparison">
      <div className="wb-inline">
        <strong>
          <When at={older.at} /> → <When at={newer.at} />
        </strong>
        <span className="wb-gap" />
        <IconButton icon="close" label="Close the comparison" onClick={props.onClose} />
      </div>
      <p>
        {older.rows_total === null || newer.rows_total === null
          ? 'How many rows there were is not told to who sees a part of them.'
          : `${exact(older.rows_total)} → ${exact(newer.rows_total)} rows (${signed(newer.rows_total - older.rows_total)})`}
      </p>
      <Loaded of={found} label="Comparing" failed="They could not be compared." rows={2}>
        {({ changes }) => (changes.length === 0 ? <p className="wb-hint">The columns are the same.</p> : <Changes changes={changes} />)}
      </Loaded>
    </div>
  );
}
