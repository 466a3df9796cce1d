import { useState } from 'react';
import { ago, bytes, count, exact, plural } from '../format.js';
import { type Host } from '../host.js';
import { type DataFile, type DatasetFiles as Found, type Id64 } from '../records.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';

/** The files of a dataset by its states, and where its folder could be smaller. */
export function DatasetFiles({ host, name }: { host: Host; name: string }) {
  const [state, setState] = useState<Id64 | ''>('');
  const wanted = state === '' ? name : `${name}@${state}`;
  const snapshots = useResource(name, signal => host.call('datasets.snapshots', { name }, signal));
  const files = useResource(wanted, signal => host.call('catalog.files', { name: wanted }, signal));
  // What has expired can be looked at no longer.
  const states = (snapshots.data ?? []).filter(each => each.state !== null);
  return (
    <section aria-label={`Files of ${name}`} className="wb-sections">
      <h3>
        {name}{' '}
        <button type="button" className="wb-link" onClick={() => void host.open({ kind: 'dataset', name })}>
          Its page
        </button>
      </h3>
      {states.length > 1 && (
        <label className="wb-inline">
          <span>As of</span>
          <select className="wb-select" aria-label="State" value={String(state)} onChange={event => setState(event.target.value)}>
            {states.map(each => (
              <option key={String(each.id)} value={each.state === 'current' ? '' : String(each.id)}>
                {each.state === 'current' ? 'now' : `${ago(each.at)}, ${each.operation}`}
                {`, ${plural(each.rows_total, 'row')}`}
              </option>
            ))}
          </select>
        </label>
      )}
      <Loaded of={files} label={`Reading the files of ${name}`} failed={`The files of ${name} could not be read.`} rows={4}>
        {found => <Listed key={wanted} host={host} wanted={wanted} found={found} />}
      </Loaded>
    </section>
  );
}

function Listed({ host, wanted, found }: { host: Host; wanted: string; found: Found }) {
  const [rest, setRest] = useState<{ files: DataFile[]; after: string | null }>({ files: [], after: found.after });
  const more = useAction(async () => {
    const page = await host.call('catalog.files', { name: wanted, after: rest.after ?? undefined });
    setRest(old => ({ files: [...old.files, ...page.files], after: page.after }));
  });
  const files = [...found.files, ...rest.files];
  const parted = files.some(file => file.partition);
  return (
    <>
      <p>
        {plural(found.count, 'file')}, {plural(found.rows, 'row')}, {bytes(found.bytes)}.
        {found.other_files > 0 && ` Its other states hold ${plural(found.other_files, 'file')} more, ${bytes(found.other_bytes)}.`}
      </p>
      <ul className="wb-versions" aria-label="Where space could be saved">
        {found.savings.map(saving => (
          <li key={saving.fix}>
            {saving.message}
            {saving.bytes !== null && ` That frees ${bytes(saving.bytes)}.`} <code>{saving.fix}</code>
          </li>
        ))}
        {found.savings.length === 0 && <li className="wb-hint">Nothing could be saved here now.</li>}
      </ul>
      {files.length > 0 && (
        <div className="wb-sideways">
          <table className="wb-table" aria-label="Files">
            <thead>
              <tr>
                <th>File</th>
                <th className="wb-number">Rows</th>
                <th className="wb-number">Size</th>
                {parted && <th>Partition</th>}
                <th>Since</th>
              </tr>
            </thead>
            <tbody>
              {files.map(file => (
                <tr key={file.path}>
                  <td className="wb-ellipsis" title={file.path}>
                    {file.path.split('/').at(-1)}
                    {file.kind === 'deletions' && ' (deletions)'}
                  </td>
                  <td className="wb-number" title={exact(file.rows)}>
                    {count(file.rows)}
                  </td>
                  <td className="wb-number" title={`${exact(file.bytes)} bytes`}>
                    {bytes(file.bytes)}
                  </td>
                  {parted && <td>{file.partition}</td>}
                  <td>
                    <When at={file.added_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rest.after !== null && (
        <Button disabled={more.busy} onClick={() => void more.run()}>
          {more.busy ? 'Reading…' : `More of ${exact(found.count)}`}
        </Button>
      )}
      {more.error && <Problem title="The next files could not be read." error={more.error} />}
    </>
  );
}
