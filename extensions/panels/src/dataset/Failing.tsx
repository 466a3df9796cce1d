import { exact, plural } from '../format.js';
import { type Host } from '../host.js';
import { Grid } from '../sample/Grid.js';
import { IconButton } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { useResource } from '../ui/useResource.js';

/** The rows that fail one check. */
export function Failing(props: { host: Host; name: string; version: string; check: string; words: string; onClose: () => void }) {
  const { host, name, check, words } = props;
  const rows = useResource(`${props.version} ${check}`, signal => host.call('quality.failing', { name, check, limit: 200 }, signal));
  return (
    <div className="wb-failing" role="region" aria-label={`Rows that fail ${words}`}>
      <div className="wb-inline">
        <strong>Rows that fail {words}</strong>
        {rows.data && (
          <span className="wb-hint">
            {rows.data.total !== null && rows.data.total > rows.data.rows.length
              ? `the first ${exact(rows.data.rows.length)} of ${exact(rows.data.total)}`
              : plural(rows.data.rows.length, 'row')}
          </span>
        )}
        <span className="wb-gap" />
        <IconButton icon="close" label="Close these rows" onClick={props.onClose} />
      </div>
      <Loaded of={rows} label="Looking for the rows" failed="The rows could not be read." rows={4}>
        {data =>
          data.rows.length > 0 ? (
            <div className="wb-boxed-grid" style={{ height: Math.min(260, 44 + data.rows.length * 24) }}>
              <Grid data={data} label={`Rows that fail ${words}`} />
            </div>
          ) : (
            <p className="wb-hint">No row fails it now.</p>
          )
        }
      </Loaded>
    </div>
  );
}
