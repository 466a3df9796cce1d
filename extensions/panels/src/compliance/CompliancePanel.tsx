import { useEffect, useState } from 'react';
import { type Host } from '../host.js';
import { type Principal } from '../records.js';
import { IconButton } from '../ui/Button.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { Panel } from '../ui/Panel.js';
import { Problem, Skeleton } from '../ui/States.js';
import { isStopped, Stopped } from '../ui/Stopped.js';
import { Tabs } from '../ui/Tabs.js';
import { changesAccess, useEvents } from '../ui/useEvents.js';
import { isAdmin, useMe } from '../ui/useMe.js';
import { useResource } from '../ui/useResource.js';
import { useStored } from '../ui/useStored.js';
import { Audit } from './Audit.js';
import { Oneself } from './Oneself.js';
import { People } from './People.js';
import { Personal } from './Personal.js';
import { Policy, type PolicyView } from './Policy.js';
import { withMask } from './rule.js';
import { Try, type Tried } from './Try.js';
import { type Draft, useChecked } from './useDraft.js';

export interface ComplianceProps {
  host: Host;
  /** A dataset of which is asked who sees it, or what of it looks like personal data; the number makes every request new. */
  request?: { name: string; part?: string; round: number };
}

type Part = 'policy' | 'try' | 'people' | 'personal' | 'audit';

const PARTS: readonly (readonly [Part, string])[] = [
  ['policy', 'Policy'],
  ['try', 'Try'],
  ['people', 'People'],
  ['personal', 'Personal data'],
  ['audit', 'Audit']
];
const FIRST: Kept = { part: 'policy', view: 'text', text: null, base: null, name: null, as: null, byDraft: false, what: null };

interface Kept extends Draft, Tried {
  part: Part;
  view: PolicyView;
  /** Whose personal data is looked at; null: of all datasets. */
  what: string | null;
}

/** Who may see what: the policy, a look as somebody, people and their tokens. */
export function CompliancePanel({ host, request }: ComplianceProps) {
  const me = useMe(host);
  const body = () => {
    if (isStopped(me.error)) {
      return <Stopped host={host} onStarted={me.reload} />;
    }
    if (!me.data) {
      return me.error ? <Problem title="The workspace does not say who you are to it." error={me.error} onRetry={me.reload} /> : <Skeleton label="Asking who you are" />;
    }
    return isAdmin(me.data) ? <Parts host={host} request={request} me={me.data} /> : <Oneself host={host} me={me.data} />;
  };
  return (
    <Panel host={host} label="Compliance" className="wb-compliance">
      {body()}
    </Panel>
  );
}

function Parts({ host, request, me }: ComplianceProps & { me: Principal }) {
  const [kept, keep, ready] = useStored<Kept>(host, 'compliance', FIRST);
  const [notice, say] = useNotice();
  const [fresh, setFresh] = useState(0);
  const policy = useResource('policy', signal => host.call('compliance.policy', {}, signal));
  const checked = useChecked(host, kept, policy.data);
  const { reload } = policy;
  useEffect(() => {
    if (ready && request) {
      keep(request.part === 'personal' ? { part: 'personal', what: request.name } : { part: 'try', name: request.name });
    }
    // A request is carried out once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [ready, request?.round, keep]);
  // Others change it, too: who comes back to this page sees what is in force now.
  useEffect(() => {
    window.addEventListener('focus', reload);
    return () => window.removeEventListener('focus', reload);
  }, [reload]);

  const addRules = (rules: string[]): boolean => {
    const current = policy.data;
    const text = current && rules.reduce<string | null>((known, rule) => known && withMask(known, rule), kept.text ?? current.text);
    if (!text) {
      return false;
    }
    keep({ part: 'policy', view: 'changes', text, base: kept.text === null ? current.version : kept.base });
    return true;
  };
  const readAgain = () => {
    setFresh(n => n + 1);
    reload();
  };
  useEvents(host, changesAccess, readAgain);
  const known = PARTS.some(([part]) => part === kept.part) ? kept.part : 'policy';
  if (!ready) {
    return <Skeleton label="Reading what was open" />;
  }
  return (
    <>
      <header className="wb-toolbar">
        <h2>Compliance</h2>
        <span className="wb-facts">Who may see what</span>
        <span className="wb-gap" />
        <IconButton icon="refresh" label="Read again" busy={policy.loading} onClick={readAgain} />
      </header>
      <Tabs label="Parts of compliance" tabs={PARTS} current={known} onChange={part => keep({ part })}>
        {known === 'policy' && (
          <Policy host={host} policy={policy} draft={kept} checked={checked} view={kept.view} onView={view => keep({ view })} onDraft={keep} say={say} />
        )}
        {known === 'try' && <Try host={host} tried={kept} onTry={keep} draft={checked.right ? kept.text : null} version={policy.data?.version ?? 0} fresh={fresh} />}
        {known === 'people' && <People host={host} me={me} version={policy.data?.version ?? 0} fresh={fresh} say={say} />}
        {known === 'personal' && <Personal host={host} fresh={fresh} what={kept.what} onWhat={what => keep({ what })} onRules={addRules} say={say} />}
        {known === 'audit' && <Audit host={host} fresh={fresh} say={say} />}
      </Tabs>
      <Notice text={notice} />
    </>
  );
}
