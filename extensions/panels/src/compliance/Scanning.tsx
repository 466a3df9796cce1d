import { useEffect, useState } from 'react';
import { percent } from '../format.js';
import { type Host } from '../host.js';
import { Bar } from '../ui/Bar.js';
import { Button } from '../ui/Button.js';
import { useAction } from '../ui/useAction.js';

interface Progress {
  runId: string;
  share: number;
  name: string;
}

/** How far a scan is, by its run's events; it can be stopped, what was found until then stays. */
export function Scanning({ host }: { host: Host }) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const stop = useAction((runId: string) => host.call('runs.cancel', { run_id: runId }));
  useEffect(
    () =>
      host.subscribe(event => {
        if (event?.type === 'run.progress' && event.body.step === 'scan') {
          setProgress({ runId: event.run_id ?? '', share: Number(event.body.share), name: String(event.body.note ?? '') });
        }
      }),
    [host]
  );
  const share = progress?.share ?? 0;
  return (
    <div className="wb-policy-foot" role="status" aria-label="Scan">
      <Bar share={share} label={`${percent(share)} looked at`} />
      <p className="wb-hint">Looking{progress?.name ? ` at ${progress.name}` : ''}…</p>
      <span className="wb-gap" />
      {progress && (
        <Button disabled={stop.busy} onClick={() => void stop.run(progress.runId)}>
          Stop
        </Button>
      )}
    </div>
  );
}
