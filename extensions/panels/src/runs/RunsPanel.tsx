import { useEffect, useState } from 'react';
import { type Host } from '../host.js';
import { brokenOf, fits, lastRuns, pushedOut, SQUARES } from '../pipelines/history.js';
import { NewPipeline } from '../pipelines/NewPipeline.js';
import { IconButton } from '../ui/Button.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { Panel } from '../ui/Panel.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { SearchField } from '../ui/SearchField.js';
import { isStopped, Stopped } from '../ui/Stopped.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { isAdmin, useMe } from '../ui/useMe.js';
import { useKept, useResource } from '../ui/useResource.js';
import { useStored } from '../ui/useStored.js';
import { listed } from './params.js';
import { PipelineRow } from './PipelineRow.js';
import { RunRow } from './RunRow.js';

interface Kept {
  open: string[];
  all: boolean;
}

const PAGE = 100;
/** Of so many pipelines the runs are asked for one by one. */
const MOST_RARE = 100;
/** From so many pipelines on they can be filtered. */
const MANY = 6;

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
  const me = useMe(host);
  const mayAdd = me.data !== undefined && isAdmin(me.data);
  const [adding, setAdding] = useState(false);
  const [text, setText] = useState('');
  const newest = runs.data?.[1] ?? [];
  const rare = pushedOut((pipelines.data ?? []).filter(pipeline => !brokenOf(pipeline)).map(pipeline => pipeline.name), newest, PAGE).slice(0, MOST_RARE);
  // One that runs every minute leaves no room for those that run every night: these are asked for by name.
  const older = useKept(
    useResource(rare.length > 0 ? `older ${rare.join(' ')}` : null, async signal =>
      (await Promise.all(rare.map(name => host.call('runs.list', { kind: 'pipeline', job: name, limit: SQUARES }, signal)))).flat()
    ),
    'older'
  );
  const there = new Set(newest.map(run => run.id));
  const last = lastRuns([...newest, ...(older.data ?? []).filter(run => !there.has(run.id))]);
  const found = (pipelines.data ?? []).filter(pipeline => fits(pipeline, text));
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
        {host.shows('pipelines') && (
          <>
            <IconButton icon="schedule" label="Schedules" onClick={() => void host.open({ kind: 'pipelines', tab: 'schedules' })} />
            <IconButton icon="queue" label="Queue and workers" onClick={() => void host.open({ kind: 'pipelines', tab: 'queue' })} />
          </>
        )}
        {mayAdd && <IconButton icon="add" label="New pipeline" pressed={adding} onClick={() => setAdding(!adding)} />}
        <IconButton icon="refresh" label="Refresh" busy={runs.loading} onClick={reload} />
      </header>
      {adding && (
        <NewPipeline
          host={host}
          onClose={() => setAdding(false)}
          onMade={made => {
            setAdding(false);
            setText('');
            pipelines.reload();
            say(`${made.name} is in ${made.folder}.`);
            if (host.shows('pipeline')) {
              void host.open({ kind: 'pipeline', name: made.name });
            }
          }}
        />
      )}
      {(pipelines.data?.length ?? 0) >= MANY && <SearchField label="Filter pipelines" className="wb-pipeline-filter" value={text} onChange={setText} />}
      {found.length > 0 && (
        <ul className="wb-pipelines" aria-label="Pipelines">
          {found.map(pipeline => (
            <PipelineRow
              key={pipeline.name}
              host={host}
              pipeline={pipeline}
              runs={last.get(pipeline.name) ?? []}
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
      {pipelines.data && pipelines.data.length > 0 && found.length === 0 && <p className="wb-section-note">No pipeline fits “{text}”.</p>}
      {pipelines.data?.length === 0 && !adding && (
        <p className="wb-section-note">
          None yet. {mayAdd ? 'A template makes one that runs as it is.' : 'Ask who administers the workspace for one.'}{' '}
          {mayAdd && (
            <button type="button" className="wb-link" onClick={() => setAdding(true)}>
              New pipeline
            </button>
          )}
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
