import { plural } from '../format.js';
import { type Host } from '../host.js';
import { Problem, Skeleton } from '../ui/States.js';
import { useEvents } from '../ui/useEvents.js';
import { useKept, useResource } from '../ui/useResource.js';
import { concernsView } from './concerns.js';
import { Description, isTold, Unreadable, ViewAbout, ViewColumns, ViewText } from './ViewFacts.js';

/** A view beside the tree: what its page tells, one below the other. */
export function ViewDetail({ host, name, version }: { host: Host; name: string; version: string | null }) {
  const found = useKept(
    useResource(`${name} ${version}`, signal => host.call('catalog.view', { name }, signal)),
    name
  );
  useEvents(host, concernsView, found.reload);
  const view = found.data;
  if (!view) {
    return found.error ? (
      <Problem title={`${name} could not be read.`} error={found.error} onRetry={found.reload} />
    ) : (
      <Skeleton label={`Reading ${name}`} rows={4} />
    );
  }
  const props = { host, view, onChanged: found.reload };
  return (
    <>
      <p className="wb-facts">
        <span>View</span>
        {view.readable && <span>{plural(view.columns.length, 'column')}</span>}
      </p>
      <div className="wb-scroll wb-about wb-view">
        {!view.readable && <Unreadable view={view} />}
        {isTold(view) && (
          <>
            <Description {...props} />
            <ViewAbout {...props} />
            {view.readable && <ViewColumns view={view} />}
            {(view.readable || view.sql !== null) && <ViewText view={view} />}
          </>
        )}
      </div>
    </>
  );
}
