import { useState } from 'react';
import { plural } from '../format.js';
import { type Host } from '../host.js';
import { type Finding, type FindingState, type Remediation, type Scan } from '../records.js';
import { Button } from '../ui/Button.js';
import { DatasetPicker } from '../ui/DatasetPicker.js';
import { Loaded } from '../ui/Loaded.js';
import { Empty, Problem } from '../ui/States.js';
import { Switch } from '../ui/Switch.js';
import { useAction } from '../ui/useAction.js';
import { useKept, useResource } from '../ui/useResource.js';
import { Covered } from './Covered.js';
import { Findings } from './Findings.js';
import { Inherited } from './Inherited.js';
import { Reject } from './Reject.js';
import { Scanning } from './Scanning.js';

const STATES: readonly (readonly [FindingState, string])[] = [
  ['proposed', 'Waiting'],
  ['confirmed', 'Confirmed'],
  ['rejected', 'Rejected']
];
const NONE: Record<FindingState, string> = {
  proposed: 'Nothing waits for a person. A scan looks at names and distinct values of all columns, and proposes tags where personal data seems to be; no value is kept.',
  confirmed: 'Nothing was confirmed yet.',
  rejected: 'Nothing was rejected yet.'
};

/** Personal data that was found: a person says what it is, and sees whether a rule of the policy masks it. */
export function Personal(props: {
  host: Host;
  fresh: number;
  what: string | null;
  onWhat: (what: string | null) => void;
  /** Put rules into the draft of the policy; says whether it could. */
  onRules: (rules: string[]) => boolean;
  say: (words: string) => void;
}) {
  const { host, fresh, what, say } = props;
  const [state, setState] = useState<FindingState>('proposed');
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [rejecting, setRejecting] = useState<Finding[] | null>(null);
  const [covered, setCovered] = useState<Remediation[]>([]);
  const [scan, setScan] = useState<Scan | null>(null);
  const args = what === null ? {} : { what };
  const key = `${state} ${what ?? ''}`;
  const found = useKept(
    useResource(`${key} ${fresh}`, signal => host.call('compliance.findings', { ...args, state }, signal)),
    key
  );
  const decided = (words: string) => {
    setMarked(new Set());
    found.reload();
    say(words);
  };
  const look = useAction(async () => {
    setScan(null);
    setCovered([]);
    setScan(await host.call('compliance.scan', args));
    found.reload();
  });
  const cover = useAction(async (findings: Finding[]) => {
    const ofEachTag = [...new Map(findings.map(each => [each.tag, each])).values()];
    setCovered(await Promise.all(ofEachTag.map(each => host.call('compliance.remediate', { id: each.id }))));
  });
  const confirm = useAction(async (findings: Finding[]) => {
    await host.call('compliance.confirm', { ids: findings.map(each => each.id) });
    await cover.run(findings);
    decided(`${plural(findings.length, 'column')} tagged.`);
  });
  const reject = useAction(async (findings: Finding[], note: string) => {
    await host.call('compliance.reject', { ids: findings.map(each => each.id), note });
    setRejecting(null);
    decided(`${plural(findings.length, 'finding')} rejected: not proposed again unless the column changes.`);
  });
  const failed = confirm.error ?? cover.error ?? reject.error;
  return (
    <div className="wb-policy">
      <div className="wb-bar-line">
        <DatasetPicker host={host} label="Dataset" none="All datasets" value={what} onChange={props.onWhat} />
        <Switch label="Which findings" choices={STATES} value={state} onChange={setState} />
        <span className="wb-gap" />
        <Button disabled={look.busy} onClick={() => void look.run()}>
          {what ? 'Scan it' : 'Scan all'}
        </Button>
      </div>
      {look.busy && <Scanning host={host} />}
      {look.error && <Problem title="The scan did not come to its end." error={look.error} />}
      {scan && <Scanned scan={scan} />}
      {covered.length > 0 && <Covered covered={covered} onRules={props.onRules} onClose={() => setCovered([])} />}
      {failed && <Problem title="It was not done." error={failed} />}
      {rejecting && <Reject findings={rejecting} busy={reject.busy} onDo={note => void reject.run(rejecting, note)} onLeave={() => setRejecting(null)} />}
      {what !== null && <Inherited host={host} name={what} fresh={fresh} say={say} />}
      <Loaded of={found} label="Reading what was found" failed="What was found could not be read.">
        {findings =>
          findings.length === 0 ? (
            <Empty>{NONE[state]}</Empty>
          ) : (
            <Findings
              findings={findings}
              marked={marked}
              onMark={setMarked}
              busy={confirm.busy || cover.busy || reject.busy}
              onConfirm={state === 'confirmed' ? undefined : chosen => void confirm.run(chosen)}
              onCover={state === 'confirmed' ? chosen => void cover.run(chosen) : undefined}
              onReject={state === 'proposed' ? setRejecting : undefined}
            />
          )
        }
      </Loaded>
    </div>
  );
}

const Scanned = ({ scan }: { scan: Scan }) => (
  <div className="wb-policy-foot" role="status">
    <p>
      Looked at {plural(scan.columns, 'column')} of {plural(scan.datasets, 'dataset')}; {plural(scan.proposed.length, 'finding')} for a person to judge.
      {scan.unscanned.length > 0 && (
        <span className="wb-bad" title={scan.unscanned.map(each => `${each.dataset}: ${each.reason}`).join('\n')}>
          {' '}
          {plural(scan.unscanned.length, 'dataset')} could not be looked at: {scan.unscanned[0]!.dataset}, {scan.unscanned[0]!.reason}
        </span>
      )}
    </p>
  </div>
);
