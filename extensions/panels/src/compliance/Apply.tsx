import { useState } from 'react';
import { type Host, type WorkbenchError } from '../host.js';
import { type PolicyVersion } from '../records.js';
import { Button } from '../ui/Button.js';
import { Empty, Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { Words } from '../ui/Words.js';
import { Difference } from '../ui/Difference.js';
import { Unmet } from './Unmet.js';
import { type Checked, type Draft } from './useDraft.js';

interface Props {
  host: Host;
  current: PolicyVersion;
  draft: Draft;
  checked: Checked;
  onBase: (base: number) => void;
  /** Another version is in force than what is shown. */
  onMoved: () => void;
  /** Go to a line of the text. */
  onLine: (line: number) => void;
  onApplied: (version: PolicyVersion) => void;
}

/** What a draft would change, and the button that does it. */
export function Apply({ host, current, draft, checked, onBase, onMoved, onLine, onApplied }: Props) {
  const [note, setNote] = useState('');
  const apply = useAction(async () => {
    try {
      onApplied(await host.call('compliance.apply', { text: draft.text ?? '', note: note.trim(), base: draft.base ?? current.version }));
    } catch (error) {
      if ((error as WorkbenchError).code === 'conflict') {
        onMoved();
        return;
      }
      throw error;
    }
  });
  if (draft.text === null || !checked.changed) {
    return <Empty>Nothing is changed: the text is the one in force.</Empty>;
  }
  const moved = draft.base !== null && draft.base !== current.version;
  return (
    <div className="wb-scroll wb-sections">
      {moved && (
        <div className="wb-problem" role="alert">
          <div>
            <p className="wb-problem-title">The policy has changed meanwhile.</p>
            <p>
              You began with version {draft.base}; now version {current.version} is in force, by {current.by}
              {current.note && `: ${current.note}`}. Below is what your text changes of that one. Look that it takes back nothing that should stay.
            </p>
            <Button onClick={() => onBase(current.version)}>Go on from version {current.version}</Button>
          </div>
        </div>
      )}
      <Difference label={`Changes to version ${current.version}`} old={current.version === 0 ? '' : current.text} next={draft.text} />
      {checked.warnings.length > 0 && <Unmet warnings={checked.warnings} onLine={onLine} />}
      {checked.error && (
        <p role="alert">
          <span className="wb-bad">
            <Words text={checked.error.message} />
          </span>{' '}
          <Words text={checked.error.fix} />
        </p>
      )}
      <form
        className="wb-inline wb-above"
        data-lm-suppress-shortcuts="true"
        onSubmit={event => {
          event.preventDefault();
          void apply.run();
        }}
      >
        <input className="wb-input wb-policy-why" aria-label="Note" placeholder="Why (kept with the version)" value={note} onChange={event => setNote(event.target.value)} />
        <Button primary submit disabled={apply.busy || !checked.right || moved} title={moved ? 'Say first that you go on from the new version' : undefined}>
          Apply as version {current.version + 1}
        </Button>
      </form>
      <p className="wb-hint">It holds for everybody from the next request on, in every snapshot and branch.</p>
      {apply.error && <Problem title="It was not applied; what was in force is." error={apply.error} />}
    </div>
  );
}
