import { bytes, plural } from '../format.js';
import { type Host } from '../host.js';
import { type LineageNode } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { Problem, Skeleton } from '../ui/States.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { Zone } from '../ui/Zone.js';

/** The dataset or file that is selected in the graph, and where to go from it. */
export function NodeDetails(props: { host: Host; node: LineageNode; root: string | null; onRoot: () => void; onClose: () => void }) {
  const { host, node } = props;
  const table = node.kind === 'table';
  const facts = useResource(table ? node.name : null, signal => host.call('catalog.get', { name: node.name }, signal));
  return (
    <aside className="wb-side" aria-label={node.name}>
      <header className="wb-detail-head">
        <h2 title={node.name}>{node.name}</h2>
        <IconButton icon="close" label="Close details" onClick={props.onClose} />
      </header>
      <div className="wb-scroll wb-about">
        {!table && <p className="wb-description">A file that was taken in. Its content is kept with the run.</p>}
        {table && !facts.data && !facts.error && <Skeleton label={`Reading ${node.name}`} rows={4} />}
        {facts.error && <Problem title={`${node.name} could not be read.`} error={facts.error} onRetry={facts.reload} />}
        {facts.data && (
          <>
            {facts.data.description && <p className="wb-description">{facts.data.description}</p>}
            <dl>
              <dt>Zone</dt>
              <dd>
                <Zone zone={facts.data.zone} />
              </dd>
              <dt>Rows</dt>
              <dd>{plural(facts.data.rows, 'row')}</dd>
              <dt>Size</dt>
              <dd>{bytes(facts.data.bytes)}</dd>
              <dt>Columns</dt>
              <dd>{facts.data.columns.length}</dd>
              <dt>Updated</dt>
              <dd>
                <When at={facts.data.updated_at} />
              </dd>
            </dl>
          </>
        )}
        {table && (
          <div className="wb-edit-actions wb-start">
            {host.shows('dataset') && <Button onClick={() => void host.open({ kind: 'dataset', name: node.name })}>Open</Button>}
            {node.name !== props.root && <Button onClick={props.onRoot}>Only its lineage</Button>}
            {host.shows('catalog') && (
              <Button onClick={() => void host.open({ kind: 'catalog', name: node.name })}>Show in catalog</Button>
            )}
            {host.shows('sample') && <Button onClick={() => void host.open({ kind: 'sample', name: node.name })}>Open rows</Button>}
          </div>
        )}
      </div>
    </aside>
  );
}
