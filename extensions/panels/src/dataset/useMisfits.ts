import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type Misfit } from '../records.js';
import { useResource } from '../ui/useResource.js';
import { afterSaving, correctionsOf, type Edits, edited, keptEdits, type Refusal, refusals } from './corrections.js';
import { useDiscard } from './useDiscard.js';

const PAGE = 200;

/** The records of a dataset that were set aside, what was typed into them, and what can be done with them. */
export function useMisfits(
  host: Host,
  name: string,
  version: string,
  onJoined: (joined: number, left: number) => void,
  onDiscarded: (records: number) => void
) {
  const first = useResource(version, signal => host.call('ingest.misfits', { name, limit: PAGE }, signal));
  const [all, setMisfits] = useState<Misfit[]>();
  const [edits, setEdits] = useState<Edits>({});
  /** Why the newest correction of a record was refused. The server tells it once, and a reload brings the records as they were set aside. */
  const [refused, setRefused] = useState<Record<string, Refusal>>({});
  const [more, setMore] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<WorkbenchError>();
  const slot = `quarantine:${name}`;

  useEffect(() => {
    if (first.data) {
      setMisfits(first.data);
      setMore(first.data.length === PAGE);
    }
  }, [first.data]);
  useEffect(() => {
    let live = true;
    void host.storage.get(slot).then(kept => live && kept && typeof kept === 'object' && setEdits(old => ({ ...(kept as Edits), ...old })));
    return () => {
      live = false;
    };
  }, [host, slot]);
  const keep = useCallback(
    (next: Edits) => {
      setEdits(next);
      void host.storage.set(slot, next);
    },
    [host, slot]
  );

  /** What was typed before each change since the last save. */
  const past = useRef<Edits[]>([]);
  const change = (next: Edits) => {
    if (next !== edits) {
      past.current.push(edits);
      keep(next);
    }
  };

  const reload = first.reload;
  const discarding = useDiscard(host, name, (ids, problem) => {
    if (problem) {
      setError(problem);
    } else {
      setMisfits(old => old?.filter(misfit => !ids.has(misfit.id)));
      onDiscarded(ids.size);
    }
    reload();
  });
  const { waiting, sent } = discarding;
  const misfits = useMemo(() => {
    const hidden = new Set([...waiting, ...sent]);
    return all?.filter(misfit => !hidden.has(misfit.id)).map(misfit => ({ ...misfit, ...refused[misfit.id] }));
  }, [all, waiting, sent, refused]);

  const save = async (columns: string[], force = false) => {
    const corrections = correctionsOf(misfits ?? [], edits, columns);
    setBusy(true);
    setError(undefined);
    try {
      const done = await host.call('ingest.correct', { name, corrections, force });
      const rest = afterSaving(all ?? [], corrections, done.failed);
      setMisfits(rest);
      setRefused(old => ({ ...old, ...refusals(done.failed) }));
      past.current = [];
      keep(keptEdits(edits, rest));
      onJoined(done.joined, done.left);
    } catch (problem) {
      setError(WorkbenchError.from(problem));
    }
    setBusy(false);
  };
  const next = async () => {
    setBusy(true);
    try {
      const found = await host.call('ingest.misfits', { name, limit: PAGE, after: all?.at(-1)?.id });
      setMisfits(old => [...(old ?? []), ...found]);
      setMore(found.length === PAGE);
    } catch (problem) {
      setError(WorkbenchError.from(problem));
    }
    setBusy(false);
  };
  return {
    first,
    misfits,
    edits,
    changed: misfits?.filter(misfit => edits[misfit.id]).length ?? 0,
    more,
    waiting,
    sent,
    busy,
    error,
    edit: (misfit: Misfit, column: string, text: string) => change(edited(edits, misfit, column, text)),
    /** Take the last change back. */
    untype: () => {
      const before = past.current.pop();
      if (before) {
        keep(before);
      }
    },
    forget: () => change({}),
    discard: (given: readonly Misfit[]) => discarding.discard(given.map(misfit => misfit.id)),
    undo: discarding.undo,
    save,
    next
  };
}
