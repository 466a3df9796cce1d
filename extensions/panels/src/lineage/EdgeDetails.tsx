import { type ReactNode } from 'react';
import { duration } from '../format.js';
import { type Host } from '../host.js';
import { type LineageEdge, type LineageNode, type Run } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { Params } from '../ui/Params.js';
import { Problem, Skeleton } from '../ui/States.js';
import { Status } from '../ui/Status.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { ColumnEdges } from './ColumnEdges.js';

const seconds = (run: Run): number | null =>
  run.started_at && run.ended_at ? (Date.parse(run.ended_at) - Date.parse(run.started_at)) / 1000 : null;

const Line = ({ term, children }: { term: string; children: ReactNode }) => (
  <>
    <dt>{term}</dt>
    <dd>{children}</dd>
  </>
);

/** Where a notebook can be opened: as it was run, else as it was written. */
function notebookOf(edge: LineageEdge, run: Run | undefined): string | null {
  const executed = run?.attributes.notebook;
  return edge.notebook ?? (typeof executed === 'string' ? executed : null);
}

const RunFacts = ({ host, run }: { host: Host; run: Run }) => {
  const took = seconds(run);
  // A step runs with what its pipeline was given.
  const asked = run.parent_id !== null && Object.keys(run.params).length === 0 ? run.parent_id : null;
  const parent = useResource(asked, signal => host.call('runs.get', { run_id: asked ?? '' }, signal));
  const params = Object.entries((parent.data ?? run).params);
  return (
    <>
      <Line term="Status">
        <Status status={run.status} />
      </Line>
      {took !== null && <Line term="Took">{duration(took)}</Line>}
      <Line term="By">{run.principal}</Line>
      {params.length > 0 && (
        <Line term="With">
          <Params params={params} />
        </Line>
      )}
      {run.error && <Line term="Error">{run.error.message}</Line>}
    </>
  );
};

/** What made one dataset from another: the job, its latest run, and the notebook with its cell. */
export function EdgeDetails(props: {
  host: Host;
  edge: LineageEdge;
  source?: LineageNode;
  target?: LineageNode;
  onClose: () => void;
}) {
  const { host, edge } = props;
  const run = useResource(edge.run_id, signal => host.call('runs.get', { run_id: edge.run_id }, signal));
  const notebook = notebookOf(edge, run.data);
  return (
    <aside className="wb-side" aria-label={`Job ${edge.job}`}>
      <header className="wb-detail-head">
        <h2 title={edge.job}>{edge.job}</h2>
        <IconButton icon="close" label="Close details" onClick={props.onClose} />
      </header>
      <div className="wb-scroll wb-about">
        <dl>
          <Line term="Reads">{props.source?.name ?? edge.source}</Line>
          <Line term="Writes">{props.target?.name ?? edge.target}</Line>
          <Line term="Kind">{edge.kind}</Line>
          <Line term="Runs">{edge.runs}</Line>
          <Line term="Last run">
            <When at={edge.last_at} />
          </Line>
          {run.data && <RunFacts host={host} run={run.data} />}
          {notebook && (
            <Line term="Notebook">
              <span className="wb-break">{notebook}</span>
            </Line>
          )}
          {edge.cell && (
            <Line term="Cell">
              <code>{edge.cell}</code>
            </Line>
          )}
        </dl>
        {edge.columns && edge.columns.length > 0 && <ColumnEdges columns={edge.columns} />}
        {run.error && <Problem title="The run could not be read." error={run.error} onRetry={run.reload} />}
        {!run.data && !run.error && <Skeleton label="Reading the run" rows={3} />}
        {notebook && host.shows('notebook') && (
          <Button primary onClick={() => void host.open({ kind: 'notebook', path: notebook, cell: edge.cell })}>
            Open notebook
          </Button>
        )}
      </div>
    </aside>
  );
}
