import { lazy, Suspense, useEffect, useState } from 'react';
import { plural } from '../format.js';
import { type Host } from '../host.js';
import { type Direction, type LineageEdge, type LineageNode } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { DatasetPicker } from '../ui/DatasetPicker.js';
import { Panel } from '../ui/Panel.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { Switch } from '../ui/Switch.js';
import { changesDatasets, useEvents } from '../ui/useEvents.js';
import { useStored } from '../ui/useStored.js';
import { EdgeDetails } from './EdgeDetails.js';
import { EdgeTable } from './EdgeTable.js';
import { edgeKey } from './graph.js';
import { NodeDetails } from './NodeDetails.js';
import { useLineage } from './useLineage.js';

const Canvas = lazy(() => import('./Canvas.js'));

const DIRECTIONS: [Direction, string][] = [
  ['both', 'Both ways'],
  ['upstream', 'What it is made from'],
  ['downstream', 'What is made from it']
];

const VIEWS = [
  ['graph', 'Graph'],
  ['table', 'Table']
] as const;

interface Kept {
  root: string | null;
  direction: Direction;
  view: 'graph' | 'table';
}

export interface LineageProps {
  host: Host;
  /** A dataset to start from, asked for from outside; the number makes every request new. */
  request?: { name: string; round: number };
  storageKey?: string;
}

/** What the datasets were made from and what was made from them. */
export function LineagePanel({ host, request, storageKey = 'lineage' }: LineageProps) {
  const [kept, keep, ready] = useStored<Kept>(host, storageKey, { root: null, direction: 'both', view: 'graph' });
  const [selected, setSelected] = useState<{ edge: LineageEdge } | { node: LineageNode } | null>(null);
  const [fit, setFit] = useState(0);

  const lineage = useLineage(host, kept.root, kept.direction, ready);
  useEvents(host, changesDatasets, lineage.reload);
  useEffect(() => {
    if (request && ready) {
      keep({ root: request.name });
      setSelected(null);
    }
  }, [request, ready, keep]);

  const graph = lineage.data;
  const key = selected ? ('edge' in selected ? edgeKey(selected.edge) : selected.node.id) : null;
  const setRoot = (root: string | null) => {
    keep({ root });
    setSelected(null);
  };
  const node = (id: string) => graph?.nodes.find(n => n.id === id);

  const body = () => {
    if (!graph) {
      return lineage.error ? (
        <Problem
          title="The lineage could not be read."
          error={lineage.error}
          onRetry={lineage.reload}
        />
      ) : (
        <Skeleton label="Reading the lineage" rows={8} />
      );
    }
    if (graph.nodes.length === 0) {
      return (
        <Empty action={host.shows('catalog') && <Button onClick={() => void host.open({ kind: 'catalog' })}>Open the catalog</Button>}>
          There is nothing to show yet: take a file in, and what is made from it appears here by itself.
        </Empty>
      );
    }
    if (kept.view === 'table') {
      return <EdgeTable graph={graph} selected={key} onEdge={edge => setSelected({ edge })} />;
    }
    return (
      <Suspense fallback={<Skeleton label="Drawing the graph" />}>
        <Canvas
          graph={graph}
          root={kept.root}
          selected={key}
          fit={fit}
          onEdge={edge => setSelected({ edge })}
          onNode={found => setSelected(found && { node: found })}
          onRoot={found => setRoot(found.name)}
          onExpand={lineage.expand}
        />
      </Suspense>
    );
  };

  return (
    <Panel host={host} label="Lineage" className="wb-lineage">
      <header className="wb-toolbar">
        <DatasetPicker host={host} label="Dataset" none="All datasets" value={kept.root} onChange={setRoot} />
        {kept.root && (
          <select
            className="wb-select"
            aria-label="Direction"
            value={kept.direction}
            onChange={event => keep({ direction: event.target.value as Direction })}
          >
            {DIRECTIONS.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        )}
        {graph && (
          <span className="wb-facts">
            {plural(graph.nodes.length, 'node')}, {plural(graph.edges.length, 'step')}
            {graph.truncated && ' (cut: too many to show)'}
          </span>
        )}
        <span className="wb-gap" />
        <Switch label="View" choices={VIEWS} value={kept.view} onChange={view => keep({ view })} />
        <IconButton icon="fit" label="Fit to view" disabled={kept.view === 'table'} onClick={() => setFit(n => n + 1)} />
        <IconButton icon="refresh" label="Refresh" busy={lineage.loading} onClick={lineage.reload} />
      </header>
      <div className="wb-lineage-body">
        <div className="wb-lineage-main">{body()}</div>
        {selected && 'edge' in selected && (
          <EdgeDetails
            host={host}
            edge={selected.edge}
            source={node(selected.edge.source)}
            target={node(selected.edge.target)}
            onClose={() => setSelected(null)}
          />
        )}
        {selected && 'node' in selected && (
          <NodeDetails
            host={host}
            node={selected.node}
            root={kept.root}
            onRoot={() => setRoot(selected.node.name)}
            onClose={() => setSelected(null)}
          />
        )}
      </div>
    </Panel>
  );
}
