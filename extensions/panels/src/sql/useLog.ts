import { useCallback } from 'react';
import { type Host } from '../host.js';
import { useStored } from '../ui/useStored.js';
import { type Outcome } from './useStatements.js';

/** A statement that was run here, by the person who sees this. */
export interface Logged {
  sql: string;
  at: string;
  seconds: number;
  rows: number | null;
  status: Outcome['status'];
}

const MOST = 200;
const LONGEST = 20_000;

/** The statements that were run in this workspace's SQL panels, newest first: kept with the person's own state. */
export function useLog(host: Host): [Logged[], (outcome: Outcome) => void, () => void] {
  const [{ list }, keep] = useStored<{ list: Logged[] }>(host, 'sql-history', { list: [] });
  const add = useCallback(
    (outcome: Outcome) => {
      if (!outcome.began || outcome.sql.length > LONGEST) {
        return;
      }
      const { sql, seconds, status } = outcome;
      const entry = { sql, at: new Date(outcome.began).toISOString(), seconds, rows: outcome.data?.rows.length ?? null, status };
      // Other panels write there, too: what they have added since is taken along.
      void host.storage
        .get('sql-history')
        .catch(() => null)
        .then(kept => {
          const before = (kept as { list?: Logged[] } | null)?.list ?? [];
          const next = [entry, ...before.filter(each => each.sql !== sql)].slice(0, MOST);
          keep({ list: next });
          return host.storage.set('sql-history', { list: next });
        });
    },
    [host, keep]
  );
  const clear = useCallback(() => keep({ list: [] }), [keep]);
  return [list, add, clear];
}
