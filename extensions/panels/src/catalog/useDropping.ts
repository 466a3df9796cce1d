import { useEffect, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { useAction } from '../ui/useAction.js';

/** How long it is offered at once to bring a dataset back; after that it stands among what was dropped. */
const UNDO = 8000;

/** A dataset that is dropped, and brought back by who thinks better of it. */
export function useDropping(host: Host, onDropped: (name: string) => void, onBack: (name: string) => void) {
  const [gone, setGone] = useState<string | null>(null);
  const [failed, setFailed] = useState<{ title: string; error: WorkbenchError } | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setGone(null), UNDO);
    return () => clearTimeout(timer);
  }, [gone]);
  const doing = useAction(async (verb: 'datasets.drop' | 'datasets.undrop', name: string) => {
    const back = verb === 'datasets.undrop';
    setFailed(null);
    try {
      await host.call(verb, { name });
    } catch (problem) {
      setFailed({ title: `${name} was not ${back ? 'brought back' : 'dropped'}.`, error: WorkbenchError.from(problem) });
      throw problem;
    }
    setGone(back ? null : name);
    (back ? onBack : onDropped)(name);
  });
  return {
    /** What was dropped just now. */
    gone,
    failed,
    busy: doing.busy,
    drop: (name: string) => void doing.run('datasets.drop', name),
    undo: () => gone !== null && void doing.run('datasets.undrop', gone),
    forget: () => setFailed(null)
  };
}
