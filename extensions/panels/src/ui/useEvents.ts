import { useEffect, useRef } from 'react';
import { type Host } from '../host.js';
import { type RunEvent } from '../records.js';

/** Call `refresh` soon after events that `concerns` lets through, once for a burst of them. */
export function useEvents(host: Host, concerns: (event: RunEvent) => boolean, refresh: () => void): void {
  const latest = useRef({ concerns, refresh });
  latest.current = { concerns, refresh };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = host.subscribe(event => {
      if (event && !latest.current.concerns(event)) {
        return;
      }
      timer ??= setTimeout(() => {
        timer = undefined;
        latest.current.refresh();
      }, 120);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [host]);
}

/** Whether something else may be seen than before: another version of the policy is in force, or somebody's roles or attributes, or tags or filters, are others. */
export const changesAccess = (event: RunEvent): boolean => event.type === 'policy.applied' || event.type === 'access.changed';

/** Events after which a list of datasets and views may look different. */
export const changesDatasets = (event: RunEvent): boolean =>
  event.type === 'run.wrote' || event.type.startsWith('dataset.') || event.type.startsWith('view.') || changesAccess(event);

/** What a run tells while it is under way, some of it twice a second: nothing that a list of runs shows. */
const ON_THE_WAY = new Set(['run.metric', 'run.progress']);

/** Events after which a run is another one than before. */
export const changesRuns = (event: RunEvent): boolean => event.type.startsWith('run.') && !ON_THE_WAY.has(event.type);
