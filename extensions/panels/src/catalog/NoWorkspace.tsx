import { type WorkbenchError } from '../host.js';
import { Button } from '../ui/Button.js';
import { Empty } from '../ui/States.js';

const COMMAND = 'workbench init';

/** Before there is anything: what makes it. */
export function NoWorkspace(props: { error: WorkbenchError; onRetry: () => void; onCopy: (text: string, what: string) => void }) {
  return (
    <Empty
      action={
        <div className="wb-edit-actions">
          <Button primary onClick={() => props.onCopy(COMMAND, 'the command')}>
            Copy the command
          </Button>
          <Button onClick={props.onRetry}>Look again</Button>
        </div>
      }
    >
      No workspace here yet. Run <code>{COMMAND}</code> in a terminal of this folder to create one.
    </Empty>
  );
}
