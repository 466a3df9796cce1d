import { useState } from 'react';
import { moment } from '../format.js';
import { type Host } from '../host.js';
import { type Run } from '../records.js';
import { isOver } from '../runs/params.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { useResource } from '../ui/useResource.js';
import { RunDifference } from './RunDifference.js';

const label = (run: Run): string => [moment(run.queued_at), run.status, ...Object.entries(run.params).map(([name, value]) => `${name}=${String(value)}`), `by ${run.principal}`].join(', ');

const Chosen = (props: { name: string; runs: Run[]; value: string; onChange: (run: string) => void }) => (
  <label>
    <span>{props.name}</span>
    <select className="wb-select wb-compare-run" value={props.value} onChange={event => props.onChange(event.target.value)}>
      {props.runs.map(run => (
        <option key={run.id} value={run.id}>
          {label(run)}
        </option>
      ))}
    </select>
  </label>
);

/** Two runs of a pipeline beside each other: the one that is shown (`current`) and the one before, until others are chosen. `runs` are newest first. */
export function CompareRuns(props: { host: Host; runs: Run[]; current: string }) {
  const { host, runs } = props;
  const place = runs.findIndex(run => run.id === props.current);
  const [first, setFirst] = useState<string | null>(null);
  const [second, setSecond] = useState<string | null>(null);
  const b = second ?? (place < 0 ? runs[0]?.id : runs[place]!.id) ?? '';
  const a = first ?? runs[runs.findIndex(run => run.id === b) + 1]?.id ?? runs.find(run => run.id !== b)?.id ?? '';
  // One that goes on is another a moment later.
  const state = runs.filter(run => (run.id === a || run.id === b) && !isOver(run)).map(run => `${run.id} ${run.status}`);
  const found = useResource(a && b ? JSON.stringify([a, b, ...state]) : null, signal => host.call('pipelines.diff', { first: a, second: b }, signal));
  if (runs.length < 2) {
    return <p className="wb-section-note">There is one run only. Run the pipeline again, then both can be compared.</p>;
  }
  return (
    <div className="wb-sections">
      <div className="wb-schedule-line" role="group" aria-label="Runs that are compared">
        <Chosen name="First" runs={runs} value={a} onChange={setFirst} />
        <Chosen name="Second" runs={runs} value={b} onChange={setSecond} />
        <Button
          onClick={() => {
            setFirst(b);
            setSecond(a);
          }}
        >
          Swap
        </Button>
      </div>
      <Loaded of={found} label="Comparing the runs" failed="The runs could not be compared.">
        {diff => <RunDifference host={host} diff={diff} />}
      </Loaded>
    </div>
  );
}
