import { useCallback, useEffect, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type Misfit } from '../records.js';
import { useResource } from '../ui/useResource.js';
import { afterSaving, correctionsOf, type Edits, edited, keptEdits } from './corrections.js';

const PAGE = 200;
/** How long a discarded record can be brought back. */
const UNDO = 8000;

/** The records of a dataset that were set aside, what was typed into them, and what can be done with them. */
export function useMisfits(host: Host, name: string, version: string, onJoined: (joined: number, left: number) => void) {
  const first = useResource(version, signal => host.call('ingest.misfits', { name, limit: PAGE }, signal));
  const [misfits, setMisfits] = useState<Misfit[]>();
  const [edits, setEdits] = useState<Edits>({});
  const [more, setMore] = useState(false);
  const [gone, setGone] = useState<Misfit[]>([]);
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

  // Kept aside for what happens later: the end of the time to undo, and leaving the page.
  const pending = useRef<{ ids: string[]; timer?: ReturnType<typeof setTimeout> }>({ ids: [] });
  const reload = first.reload;
  const discardNow = useCallback(async () => {
    const { ids, timer } = pending.current;
    clearTimeout(timer);
    pending.current = { ids: [] };
    setGone([]);
    if (ids.length === 0) {
      return;
    }
    try {
      await host.call('ingest.discard', { name, ids });
    } catch (problem) {
      setError(WorkbenchError.from(problem));
    }
    reload();
  }, [host, name, reload]);
  useEffect(() => () => void discardNow(), [discardNow]);

  const discard = (given: Misfit[]) => {
    const ids = new Set(given.map(misfit => misfit.id));
    setMisfits(old => old?.filter(misfit => !ids.has(misfit.id)));
    setGone(old => [...old, ...given]);
    clearTimeout(pending.current.timer);
    pending.current = { ids: [...pending.current.ids, ...ids], timer: setTimeout(() => void discardNow(), UNDO) };
  };
  const undo = () => {
    clearTimeout(pending.current.timer);
    pending.current = { ids: [] };
    setMisfits(old => [...gone, ...(old ?? [])].sort((a, b) => (a.record ?? 0) - (b.record ?? 0)));
    setGone([]);
  };
  const save = async (columns: string[]) => {
    const corrections = correctionsOf(misfits ?? [], edits, columns);
    setBusy(true);
    setError(undefined);
    try {
      const done = await host.call('ingest.correct', { name, corrections });
      const rest = afterSaving(misfits ?? [], corrections, done.failed);
      setMisfits(rest);
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
      const found = await host.call('ingest.misfits', { name, limit: PAGE, after: misfits?.at(-1)?.id });
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
    more,
    gone,
    busy,
    error,
    edit: (misfit: Misfit, column: string, text: string) => keep(edited(edits, misfit, column, text)),
    forget: () => keep({}),
    discard,
    undo,
    save,
    next
  };
}
