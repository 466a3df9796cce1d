import { useCallback, useEffect, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type AuditEntry } from '../records.js';

export interface AuditFilter {
  user?: string;
  dataset?: string;
  since?: string;
  refused?: boolean;
}

const PAGE = 200;
/** Entries of one page of an export; as many as a call gives. */
const EXPORTED = 10_000;

export interface Audit {
  entries: AuditEntry[] | undefined;
  error: WorkbenchError | undefined;
  /** There are older ones. */
  more: boolean;
  loading: boolean;
  loadMore: () => void;
  reload: () => void;
}

/** The audit log, newest first, a page at a time. Another filter begins anew. */
export function useAudit(host: Host, filter: AuditFilter, fresh: number): Audit {
  const [round, setRound] = useState(0);
  const key = JSON.stringify([filter, fresh, round]);
  const [state, setState] = useState<{ key: string; entries?: AuditEntry[]; error?: WorkbenchError; more: boolean; loading: boolean }>({ key: '', more: false, loading: false });
  const latest = useRef({ filter, state, key });
  latest.current = { filter, state, key };

  const load = useCallback(
    async (before: number | undefined, known: AuditEntry[]) => {
      const { filter: wanted, key: of } = latest.current;
      setState(old => ({ key: of, entries: known.length > 0 ? known : old.entries, more: false, loading: true }));
      try {
        const page = await host.call('compliance.audit_log', { ...wanted, before, limit: PAGE });
        if (latest.current.key === of) {
          setState({ key: of, entries: [...known, ...page], more: page.length === PAGE, loading: false });
        }
      } catch (error) {
        if (latest.current.key === of) {
          setState({ key: of, entries: known.length > 0 ? known : undefined, error: WorkbenchError.from(error), more: false, loading: false });
        }
      }
    },
    [host]
  );
  useEffect(() => void load(undefined, []), [load, key]);
  const loadMore = useCallback(() => {
    const { state: now } = latest.current;
    const last = now.entries?.at(-1);
    if (now.more && !now.loading && last && last.seq > 1) {
      void load(last.seq, now.entries!);
    }
  }, [load]);
  const reload = useCallback(() => setRound(n => n + 1), []);
  const { entries, error, more, loading } = state;
  return { entries, error, more, loading, loadMore, reload };
}

/** All entries that a filter lets through as JSON lines, oldest last; `onCount` is told how many there are so far. */
export async function auditLines(host: Host, filter: AuditFilter, onCount: (count: number) => void): Promise<string[]> {
  const lines: string[] = [];
  let before: number | undefined;
  for (;;) {
    const page = await host.call('compliance.audit_log', { ...filter, before, limit: EXPORTED });
    lines.push(...page.map(entry => JSON.stringify(entry)));
    onCount(lines.length);
    before = page.at(-1)?.seq;
    if (page.length < EXPORTED || before === undefined || before <= 1) {
      return lines;
    }
  }
}
