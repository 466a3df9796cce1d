import { useState } from 'react';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';

interface ReasonFormProps {
  /** The form's name, for who does not see it. */
  label: string;
  /** What will hold afterwards. */
  says: string;
  /** The button's word. */
  verb: string;
  failed: string;
  act: (reason: string) => Promise<unknown>;
  onDone: () => void;
  onLeave: () => void;
}

/** Something that a person decides against the policy's caution, with a reason that is kept. */
export function ReasonForm({ label, says, verb, failed, act, onDone, onLeave }: ReasonFormProps) {
  const [reason, setReason] = useState('');
  const acting = useAction(async () => {
    await act(reason.trim());
    onDone();
  });
  return (
    <LineForm label={label} onSubmit={() => void acting.run()} onCancel={onLeave}>
      <label>
        <span>{says}</span>
        <input className="wb-input wb-wider" autoFocus aria-label="Reason" placeholder="Why (kept)" value={reason} onChange={event => setReason(event.target.value)} />
      </label>
      <Button primary submit disabled={acting.busy || !reason.trim()}>
        {verb}
      </Button>
      <Button onClick={onLeave}>Leave as it is</Button>
      {acting.error && <Problem title={failed} error={acting.error} />}
    </LineForm>
  );
}
