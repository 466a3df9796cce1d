import { useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { Button } from './Button.js';
import { Empty, Problem } from './States.js';

const TRIES = 15;

/** Whether a person has stopped the workbench's processes: they stay down until somebody asks for them. */
export const isStopped = (error: WorkbenchError | undefined): boolean => error?.details.stopped === true;

/** Instead of a panel's content while they are down: the button that starts them, or the command where the host cannot. */
export function Stopped({ host, onStarted }: { host: Host; onStarted: () => void }) {
  const { start } = host;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<WorkbenchError>();
  const begin = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      // Each call waits some seconds for the API by itself.
      for (let left = TRIES; left > 0; left--) {
        try {
          await host.call('system.status', {});
          break;
        } catch (problem) {
          if (left === 1) {
            throw problem;
          }
        }
      }
      onStarted();
    } catch (problem) {
      setError(WorkbenchError.from(problem));
    }
    setBusy(false);
  };

  if (error && start) {
    return <Problem title="The workbench could not be started." error={error} onRetry={() => void begin(start)} />;
  }
  return (
    <Empty
      action={
        start ? (
          <Button primary disabled={busy} onClick={() => void begin(start)}>
            {busy ? 'Starting…' : 'Start it'}
          </Button>
        ) : (
          <Button onClick={onStarted}>Look again</Button>
        )
      }
    >
      The workbench was stopped by hand.
      {!start && (
        <>
          {' '}
          Start it with <code>workbench up</code> in a terminal.
        </>
      )}
    </Empty>
  );
}
