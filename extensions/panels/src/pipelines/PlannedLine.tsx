import { type Host } from '../host.js';
import { type Pipeline } from '../records.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';

/** Whose a pipeline is, and when it runs by itself; nothing where neither is said. */
export function PlannedLine({ host, pipeline, onShow }: { host: Host; pipeline: Pipeline; onShow?: () => void }) {
  // Who may not look at schedules is shown none.
  const schedules = useResource(pipeline.name, signal => host.call('schedules.list', { pipeline: pipeline.name }, signal).catch(() => []));
  const planned = schedules.data ?? [];
  if (!pipeline.owner && planned.length === 0) {
    return null;
  }
  return (
    <p className="wb-row-note wb-planned">
      {pipeline.owner && <span>Owner {pipeline.owner}</span>}
      {planned.map(each => (
        <span key={each.id} title={each.name}>
          {onShow ? (
            <button type="button" className="wb-link" onClick={onShow}>
              {each.words}
            </button>
          ) : (
            each.words
          )}
          {each.paused ? ', paused' : each.next[0] && <>, next <When at={each.next[0]} /></>}
          {each.problem && <span className="wb-bad">: {each.problem}</span>}
        </span>
      ))}
    </p>
  );
}
