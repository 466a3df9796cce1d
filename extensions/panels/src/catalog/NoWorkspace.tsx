import { useState } from 'react';
import { WorkbenchError } from '../host.js';
import { Button } from '../ui/Button.js';
import { Empty, Problem } from '../ui/States.js';

const COMMAND = 'workbench init';

/** Before there is anything: the button that makes it, or the command where the host cannot. */
export function NoWorkspace(props: {
  create?: () => Promise<void>;
  onRetry: () => void;
  onCopy: (text: string, what: string) => void;
}) {
  const { create, onRetry } = props;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<WorkbenchError>();
  const make = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      onRetry();
    } catch (problem) {
      setError(WorkbenchError.from(problem));
    }
    setBusy(false);
  };

  if (error && create) {
    return <Problem title="The workspace could not be created." error={error} onRetry={() => void make(create)} />;
  }
  return create ? (
    <Empty
      action={
        <Button primary disabled={busy} onClick={() => void make(create)}>
          {busy ? 'Creating…' : 'Create one here'}
        </Button>
      }
    >
      No workspace here yet. One keeps its data in this folder, in <code>.workbench</code>.
    </Empty>
  ) : (
    <Empty
      action={
        <div className="wb-edit-actions">
          <Button primary onClick={() => props.onCopy(COMMAND, 'the command')}>
            Copy the command
          </Button>
          <Button onClick={onRetry}>Look again</Button>
        </div>
      }
    >
      No workspace here yet. Run <code>{COMMAND}</code> in a terminal of this folder to create one.
    </Empty>
  );
}
