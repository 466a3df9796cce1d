import { useEffect, useState } from 'react';
import { type Host } from '../host.js';
import { type PolicyVersion } from '../records.js';
import { Button } from '../ui/Button.js';
import { Confirm } from '../ui/Confirm.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { Switch } from '../ui/Switch.js';
import { type Resource, useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { Words } from '../ui/Words.js';
import { Apply } from './Apply.js';
import { PolicyEditor } from './PolicyEditor.js';
import { template } from './template.js';
import { type Checked, type Draft, lineOf } from './useDraft.js';
import { Line, Unmet } from './Unmet.js';
import { Versions } from './Versions.js';

export type PolicyView = 'text' | 'changes' | 'versions';

const VIEWS: readonly (readonly [PolicyView, string])[] = [
  ['text', 'Text'],
  ['changes', 'Changes'],
  ['versions', 'Versions']
];

interface Props {
  host: Host;
  policy: Resource<PolicyVersion>;
  draft: Draft;
  checked: Checked;
  view: PolicyView;
  onView: (view: PolicyView) => void;
  onDraft: (draft: Draft) => void;
  say: (words: string) => void;
}

/** The policy: its text to be changed, what a change would change, and the versions there were. */
export function Policy(props: Props) {
  const { host, policy, draft, checked, view, onDraft, onView } = props;
  const [asked, setAsked] = useState(false);
  const [sought, setSought] = useState<{ line: number; round: number } | null>(null);
  const current = policy.data;
  if (!current) {
    return policy.error ? <Problem title="The policy could not be read." error={policy.error} onRetry={policy.reload} /> : <Skeleton label="Reading the policy" />;
  }
  if (current.version === 0 && draft.text === null) {
    return <Unwritten host={host} onBegin={text => onDraft({ text, base: 0 })} />;
  }
  const discard = () => {
    setAsked(false);
    onDraft({ text: null, base: null });
    onView('text');
  };
  const go = (line: number) => {
    setSought(old => ({ line, round: (old?.round ?? 0) + 1 }));
    onView('text');
  };
  const look = (at: PolicyView) => {
    setSought(null); // the line was gone to
    onView(at);
  };
  const write = (text: string) => onDraft(text === current.text && current.version > 0 ? { text: null, base: null } : { text, base: draft.text === null ? current.version : draft.base });
  return (
    <div className="wb-policy">
      <div className="wb-bar-line">
        <InForce version={current} />
        <span className="wb-gap" />
        {checked.changed && <Button onClick={() => setAsked(true)}>Discard</Button>}
        <Switch label="View" choices={VIEWS} value={view} onChange={look} />
      </div>
      {asked && (
        <Confirm label="Discard your changes" action="Discard" busy={false} onDo={discard} onLeave={() => setAsked(false)}>
          What you have changed and not put in force is lost.
        </Confirm>
      )}
      {view === 'text' && <Text text={draft.text ?? current.text} checked={checked} next={current.version + 1} sought={sought} onLine={go} onChange={write} onReview={() => look('changes')} />}
      {view === 'changes' && (
        <Apply
          host={host}
          current={current}
          draft={draft}
          checked={checked}
          onBase={base => onDraft({ text: draft.text, base })}
          onMoved={policy.reload}
          onLine={go}
          onApplied={made => {
            onDraft({ text: null, base: null });
            onView('text');
            policy.reload();
            props.say(`Version ${made.version} is in force.`);
          }}
        />
      )}
      {view === 'versions' && (
        <Versions
          host={host}
          current={current}
          unsaved={checked.changed}
          onRestore={version => {
            onDraft({ text: version.text, base: current.version });
            onView('changes');
          }}
        />
      )}
    </div>
  );
}

const InForce = ({ version }: { version: PolicyVersion }) =>
  version.version === 0 ? (
    <span className="wb-facts">No policy is in force yet: the built-in roles and grants hold.</span>
  ) : (
    <span className="wb-facts" title={version.note || undefined}>
      <strong>Version {version.version}</strong> in force, by {version.by} <When at={version.at} />
      {version.note && <span className="wb-ellipsis wb-policy-note">: {version.note}</span>}
    </span>
  );

interface TextProps {
  text: string;
  checked: Checked;
  next: number;
  /** The line that is gone to. */
  sought: { line: number; round: number } | null;
  onLine: (line: number) => void;
  onChange: (text: string) => void;
  onReview: () => void;
}

function Text(props: TextProps) {
  const { checked, onLine: go } = props;
  const line = lineOf(checked.error);
  const message = checked.error ? [checked.error.message, checked.error.fix].filter(Boolean).join(' ') : '';
  return (
    <>
      <PolicyEditor label="Policy" text={props.text} wrong={line === null ? null : { line, message }} sought={props.sought} onChange={props.onChange} />
      {checked.warnings.length > 0 && <Unmet warnings={checked.warnings} onLine={go} />}
      <div className="wb-policy-foot" role="status" aria-label="Check">
        {checked.error ? (
          <p>
            <Line line={line} onLine={go} />
            <span className="wb-bad">
              <Words text={checked.error.message} />
            </span>{' '}
            <Words text={checked.error.fix} />
          </p>
        ) : (
          <p className="wb-hint">{inWords(checked, props.next)}</p>
        )}
        <span className="wb-gap" />
        <Button primary disabled={!checked.right} onClick={props.onReview}>
          Review and apply
        </Button>
      </div>
    </>
  );
}

function inWords(checked: Checked, next: number): string {
  if (!checked.changed) {
    return 'As it is in force. It is checked while you write; nothing holds before it is applied.';
  }
  if (checked.checking) {
    return 'Checking…';
  }
  return checked.warnings.length > 0 ? `It can be applied, as version ${next}.` : `Right. Applied, it is version ${next}.`;
}

/** Nobody has written a policy: what that means, and a way to begin. */
function Unwritten({ host, onBegin }: { host: Host; onBegin: (text: string) => void }) {
  const [wanted, setWanted] = useState(false);
  const known = useResource(wanted ? 'template' : null, async signal => {
    const [tree, tags] = await Promise.all([host.call('catalog.tree', {}, signal), host.call('catalog.tags', {}, signal)]);
    return template(
      tree.nodes.map(node => node.name),
      tags.map(each => each.tag)
    );
  });
  const made = known.data;
  useEffect(() => {
    if (made !== undefined) {
      onBegin(made);
    }
    // Begun once, when it has come.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [made]);
  if (known.error) {
    return <Problem title="The names of what is there could not be read." error={known.error} onRetry={known.reload} />;
  }
  return (
    <Empty
      action={
        <Button primary disabled={wanted} onClick={() => setWanted(true)}>
          Begin with a template
        </Button>
      }
    >
      Nobody has written a policy yet. Administrators see everything; of other people, viewers see gold, analysts also silver, engineers all there
      is, with nothing masked. A policy says it in your words: grants, masks and row filters, in a text that is checked while you write it.
    </Empty>
  );
}
