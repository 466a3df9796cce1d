import { useEffect } from 'react';
import { type Host } from '../host.js';
import { IconButton } from '../ui/Button.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { Panel } from '../ui/Panel.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { isStopped, Stopped } from '../ui/Stopped.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { useResource } from '../ui/useResource.js';
import { useStored } from '../ui/useStored.js';
import { listed } from './params.js';
import { PipelineRow } from './PipelineRow.js';
import { RunRow } from './RunRow.js';

interface Kept {
  open: string[];
  all: boolean;
}

const PAGE = 100;

export interface RunsProps {
  host: Host;
  storageKey?: string;
  /** A pipeline that is to be shown with its steps; the number makes every request new. */
  request?: { pipeline: string; round: number };
}

/** What runs, what ran, and the pipelines that can be started. */
export function RunsPanel({ host, storageKey = 'runs', request }: RunsProps) {
  const [kept, keep, ready] = useStored<Kept>(host, storageKey, { open: [], all: false });
  const [notice, say] = useNotice();
  const pipelines = useResource('pipelines', signal => host.call('pipelines.list', {}, signal));
  // Queries may fill a page by themselves: pipelines are asked for on their own.
  const runs = useResource('runs', signal =>
    Promise.all([host.call('runs.list', { limit: PAGE }, signal), host.call('runs.list', { kind: 'pipeline', limit: PAGE }, signal)])
  );
  useEvents(host, changesRuns, runs.reload);
  const { reload: reloadPipelines } = pipelines;
  // It may have been made a moment ago.
  useEffect(() => (request ? reloadPipelines() : undefined), [request?.round, request, reloadPipelines]);
  const reload = () => {
    pipelines.reload();
    runs.reload();
  };
  const shown = listed(runs.data ?? [], kept.all);
  const toggle = (id: string) => keep({ open: kept.open.includes(id) ? kept.open.filter(known => known !== id) : [...kept.open.slice(-20), id] });

  const list = () => {
    if (!ready || (!runs.data && !runs.error)) {
      return <Skeleton label="Reading the runs" />;
    }
    if (isStopped(runs.error)) {
      return <Stopped host={host} onStarted={reload} />;
    }
    if (!runs.data && runs.error) {
      return <Problem title="The runs could not be read." error={runs.error} onRetry={reload} />;
    }
    if (shown.length === 0) {
      return <Empty>Nothing has run yet. Take a file in, or start a pipeline.</Empty>;
    }
    return (
      <ul className="wb-run-list" aria-label="Runs">
        {shown.map(run => (
          <RunRow key={run.id} host={host} run={run} open={kept.open.includes(run.id)} onToggle={() => toggle(run.id)} />
        ))}
      </ul>
    );
  };

  return (
    <Panel host={host} label="Runs" className="wb-runs">
      <header className="wb-section-head">
        <h2>Pipelines</h2>
        <span className="wb-gap" />
        <IconButton icon="refresh" label="Refresh" busy={runs.loading} onClick={reload} />
      </header>
      {pipelines.data && pipelines.data.length > 0 && (
        <ul className="wb-pipelines" aria-label="Pipelines">
          {pipelines.data.map(pipeline => (
            <PipelineRow
              key={pipeline.name}
              host={host}
              pipeline={pipeline}
              asked={request?.pipeline === pipeline.name ? request.round : 0}
              onStarted={id => {
                keep({ open: [...kept.open.slice(-20), id] });
                say(`${pipeline.name} is on its way.`);
                runs.reload();
              }}
            />
          ))}
        </ul>
      )}
      {pipelines.data?.length === 0 && (
        <p className="wb-section-note">
          None yet: a folder with a <code>pipeline.yaml</code> below <code>notebooks/pipelines</code> is one.
        </p>
      )}
      {pipelines.error && !isStopped(pipelines.error) && <Problem title="The pipelines could not be read." error={pipelines.error} onRetry={pipelines.reload} />}
      <header className="wb-section-head">
        <h2>Runs</h2>
        <span className="wb-gap" />
        <label className="wb-check" title="Also queries, reads, steps of pipelines and descriptions">
          <input type="checkbox" checked={kept.all} onChange={event => keep({ all: event.target.checked })} /> all kinds
        </label>
      </header>
      <div className="wb-scroll wb-runs-body">{list()}</div>
      <Notice text={notice} />
    </Panel>
  );
}
