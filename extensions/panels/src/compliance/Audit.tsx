import { useState } from 'react';
import { exact } from '../format.js';
import { type Host } from '../host.js';
import { type AuditCheck, type AuditEntry } from '../records.js';
import { Button } from '../ui/Button.js';
import { DatasetPicker } from '../ui/DatasetPicker.js';
import { saveBlob } from '../ui/saveBlob.js';
import { SearchField } from '../ui/SearchField.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useDebounced } from '../ui/useResource.js';
import { VirtualRows } from '../ui/VirtualRows.js';
import { When } from '../ui/When.js';
import { Entry } from './Entry.js';
import { auditLines, type AuditFilter, useAudit } from './useAudit.js';

const DAY = 86_400_000;
const SINCE: readonly (readonly [days: string, word: string])[] = [
  ['', 'at any time'],
  ['1', 'in the last day'],
  ['7', 'in the last week'],
  ['30', 'in the last 30 days']
];

/** A moment so many days ago, to the hour: one that moves with each drawing would ask anew each time. */
const ago = (days: string): string => new Date(Math.floor((Date.now() - Number(days) * DAY) / 3_600_000) * 3_600_000).toISOString();

/** Who was allowed what, and who was refused; whether the log is as it was written. */
export function Audit({ host, fresh, say }: { host: Host; fresh: number; say: (words: string) => void }) {
  const [user, setUser] = useState('');
  const [dataset, setDataset] = useState<string | null>(null);
  const [days, setDays] = useState('');
  const [refused, setRefused] = useState(false);
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const [exported, setExported] = useState(0);
  const who = useDebounced(user.trim(), 300);
  const filter: AuditFilter = { ...(who && { user: who }), ...(dataset && { dataset }), ...(days && { since: ago(days) }), ...(refused && { refused }) };
  const audit = useAudit(host, filter, fresh);
  const [check, setCheck] = useState<AuditCheck | null>(null);
  const verify = useAction(async () => {
    setCheck(null);
    setCheck(await host.call('compliance.verify_audit', {}));
  });
  const save = useAction(async () => {
    const lines = await auditLines(host, filter, setExported);
    saveBlob(new Blob(lines.map(line => `${line}\n`), { type: 'application/jsonl' }), 'audit.jsonl');
    say(`${exact(lines.length)} ${lines.length === 1 ? 'entry' : 'entries'} in audit.jsonl.`);
  });
  return (
    <div className="wb-policy wb-audit">
      <div className="wb-bar-line">
        <SearchField label="By whom" placeholder="By anybody" value={user} onChange={setUser} />
        <DatasetPicker host={host} label="Dataset" none="About any dataset" value={dataset} onChange={setDataset} />
        <select className="wb-select" aria-label="When" value={days} onChange={event => setDays(event.target.value)}>
          {SINCE.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
        <label className="wb-check">
          <input type="checkbox" checked={refused} onChange={event => setRefused(event.target.checked)} /> only refused
        </label>
        <span className="wb-gap" />
        <Button disabled={verify.busy} title="Whether anything was altered, removed or put in" onClick={() => void verify.run()}>
          {verify.busy ? 'Verifying…' : 'Verify'}
        </Button>
        <Button disabled={save.busy} title="What the filter lets through, an entry a line as JSON" onClick={() => void save.run()}>
          {save.busy ? `${exact(exported)}…` : 'Export'}
        </Button>
      </div>
      {verify.error && <Problem title="It was not verified." error={verify.error} />}
      {save.error && <Problem title="It was not exported." error={save.error} />}
      <Entries audit={audit} open={open} onOpen={setOpen} />
      <p className="wb-foot wb-inline">
        <span role="status">{audit.entries && shownInWords(audit)}</span>
        {audit.entries && audit.error && <span className="wb-bad">{audit.error.message}</span>}
        <span className="wb-gap" />
        <span role="status" aria-label="Check of the audit log">
          {check && <Verified check={check} />}
        </span>
      </p>
      {open && <Entry entry={open} onClose={() => setOpen(null)} />}
    </div>
  );
}

function Entries(props: { audit: ReturnType<typeof useAudit>; open: AuditEntry | null; onOpen: (entry: AuditEntry | null) => void }) {
  const { audit, open, onOpen } = props;
  if (audit.error && !audit.entries) {
    return <Problem title="The audit log could not be read." error={audit.error} onRetry={audit.reload} />;
  }
  if (!audit.entries) {
    return <Skeleton label="Reading the audit log" rows={10} />;
  }
  if (audit.entries.length === 0) {
    return <Empty>There is no such entry; names of people are taken whole. What people ask, what they are refused and what administrators change comes here by itself.</Empty>;
  }
  return (
    <VirtualRows
      label="Audit log"
      className="wb-audit-rows"
      head={['When', 'Who', 'Outcome', 'What', 'About', 'Rules']}
      rows={audit.entries}
      keyOf={entry => String(entry.seq)}
      selected={open === null ? null : String(open.seq)}
      onEnd={audit.loadMore}
      cells={entry => [
        <button key="at" type="button" className="wb-column-name" aria-expanded={open?.seq === entry.seq} onClick={() => onOpen(open?.seq === entry.seq ? null : entry)}>
          <When at={entry.at} />
        </button>,
        entry.who,
        <Outcome key="outcome" entry={entry} />,
        entry.verb,
        about(entry),
        [...new Set(entry.datasets.flatMap(each => each.rules))].join(', ')
      ]}
    />
  );
}

function shownInWords({ entries, more, loading }: ReturnType<typeof useAudit>): string {
  return loading ? 'Reading…' : `${exact(entries?.length ?? 0)} shown${more ? ', older ones come as you scroll' : ''}`;
}

/** What it was about: what was written to or is named, and the datasets that were read. */
const about = (entry: AuditEntry): string => [...new Set([...(entry.about ? [entry.about] : []), ...entry.datasets.map(each => each.name)])].join(', ');

const OUTCOMES: Record<AuditEntry['outcome'], string> = { allowed: 'succeeded', refused: 'failed', failed: 'cancelled', asked: 'cancelled' };
const Outcome = ({ entry }: { entry: AuditEntry }) => (
  <span className={`wb-status wb-status-${OUTCOMES[entry.outcome]}`} title={entry.code ?? undefined}>
    {entry.outcome}
  </span>
);

/** Whether the log is as it was written, in words. */
function Verified({ check }: { check: AuditCheck }) {
  const head = check.head ? `Head ${check.head}: noted elsewhere, it tells whether the end was cut off.` : undefined;
  const lost = check.unproven ? ` Those up to ${exact(check.unproven)} are of a key that is lost.` : '';
  return (
    <span className={check.ok ? 'wb-good' : 'wb-bad'} title={head}>
      {check.ok ? `As it was written: ${exact(check.entries)} checked.${lost}` : `Not as it was written, at entry ${check.bad ?? '?'}: ${check.problem ?? ''}`}
    </span>
  );
}
