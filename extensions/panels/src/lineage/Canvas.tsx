import {
  Background,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  Handle,
  MiniMap,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore
} from '@xyflow/react';
import { createContext, memo, useContext, useEffect, useMemo, useState } from 'react';
import { splitName } from '../format.js';
import { type LineageEdge, type LineageNode } from '../records.js';
import { Icon } from '../ui/Icon.js';
import { useAddress } from '../ui/ids.js';
import { Problem, Skeleton } from '../ui/States.js';
import { WorkbenchError } from '../host.js';

import { zoneClass } from '../zones.js';
import { edgeKey, edgeWords, type Graph } from './graph.js';
import { labelWidth, type Layout, layOut, NODE_HEIGHT, NODE_WIDTH, shortJob } from './layout.js';
import { type Point, roundedPath } from './path.js';

type DatasetNode = Node<{ node: LineageNode; root: boolean; more: boolean }, 'dataset'>;
type JobEdge = Edge<{ edge: LineageEdge; words: string; points: Point[]; label: Point }, 'job'>;

interface CanvasActions {
  onExpand: (node: LineageNode) => void;
  onEdge: (edge: LineageEdge) => void;
}
const Actions = createContext<CanvasActions | null>(null);

const DatasetBox = memo(function DatasetBox({ data, selected }: NodeProps<DatasetNode>) {
  const { node, root, more } = data;
  const actions = useContext(Actions)!;
  const zone = node.kind === 'file' ? 'file' : node.zone || 'other';
  return (
    <div
      className={`wb-node ${node.kind === 'file' ? 'wb-node-file' : zoneClass(node.zone)}`}
      data-root={root || undefined}
      data-selected={selected || undefined}
      title={node.name}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <span className="wb-node-zone">
        <Icon name={node.kind === 'file' ? 'file' : 'table'} />
        {zone}
      </span>
      <span className="wb-node-name">{node.kind === 'file' ? node.name : splitName(node.name)[1]}</span>
      {more && (
        <button
          type="button"
          className="wb-node-more nodrag nopan"
          title={`Show what lies beyond ${node.name}`}
          aria-label={`Show what lies beyond ${node.name}`}
          onClick={event => {
            event.stopPropagation();
            actions.onExpand(node);
          }}
        >
          <Icon name="add" />
        </button>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
});

const JobLine = memo(function JobLine({ data, selected, markerEnd }: EdgeProps<JobEdge>) {
  const actions = useContext(Actions)!;
  if (!data) {
    return null;
  }
  const path = roundedPath(data.points);
  return (
    <>
      <path className="react-flow__edge-path" d={path} markerEnd={markerEnd} fill="none" />
      <path className="react-flow__edge-interaction" d={path} fill="none" strokeOpacity={0} strokeWidth={16} />
      <EdgeLabelRenderer>
        <button
          type="button"
          className="wb-edge-label nodrag nopan"
          data-selected={selected || undefined}
          aria-label={data.words}
          title={data.edge.job}
          style={{
            width: labelWidth(data.edge),
            transform: `translate(-50%, -50%) translate(${data.label.x}px, ${data.label.y}px)`
          }}
          onClick={() => actions.onEdge(data.edge)}
        >
          {shortJob(data.edge)}
        </button>
      </EdgeLabelRenderer>
    </>
  );
});

const NODE_TYPES = { dataset: DatasetBox };
const EDGE_TYPES = { job: JobLine };
const FIT = { padding: 0.06, maxZoom: 1, minZoom: 0.25 };

export interface CanvasProps extends CanvasActions {
  graph: Graph;
  root: string | null;
  selected: string | null;
  onNode: (node: LineageNode | null) => void;
  onRoot: (node: LineageNode) => void;
  /** Grows by one when the person asks for the whole graph. */
  fit: number;
}

function Flow(props: CanvasProps & { layout: Layout; arrow: string }) {
  const { graph, layout, selected, root, arrow } = props;
  const flow = useReactFlow();
  // The details take a part of the width; what is shown should stay in sight.
  const width = useStore(state => state.width);
  // Where all of the graph is in sight, an overview shows nothing more, and would lie over some of it.
  const whole = useStore(({ transform: [x, y, zoom], width, height }) =>
    [...layout.nodes.values()].every(
      place =>
        x + place.x * zoom >= 0 &&
        y + place.y * zoom >= 0 &&
        x + (place.x + NODE_WIDTH) * zoom <= width &&
        y + (place.y + NODE_HEIGHT) * zoom <= height
    )
  );
  const nodes = useMemo(
    () =>
      graph.nodes.map(
        (node): DatasetNode => ({
          id: node.id,
          type: 'dataset',
          position: layout.nodes.get(node.id) ?? { x: 0, y: 0 },
          width: NODE_WIDTH,
          height: NODE_HEIGHT,
          selected: node.id === selected,
          draggable: false,
          connectable: false,
          ariaLabel: `${node.name}, ${node.kind === 'file' ? 'file' : node.zone}`,
          data: { node, root: node.name === root, more: graph.frontier.has(node.id) }
        })
      ),
    [graph, layout, selected, root]
  );
  const edges = useMemo(() => {
    const names = new Map(graph.nodes.map(node => [node.id, node.name]));
    return graph.edges.flatMap((edge): JobEdge[] => {
      const id = edgeKey(edge);
      const place = layout.edges.get(id);
      const words = edgeWords(edge, names);
      return place
        ? [
            {
              id,
              type: 'job',
              source: edge.source,
              target: edge.target,
              selected: id === selected,
              // The label is a button with the same words.
              focusable: false,
              ariaLabel: words,
              markerEnd: arrow,
              data: { edge, words, ...place }
            }
          ]
        : [];
    });
  }, [graph, layout, selected, arrow]);

  useEffect(() => {
    // Once React has drawn the new nodes.
    const frame = requestAnimationFrame(() => void flow.fitView({ ...FIT, duration: props.fit > 0 ? 200 : 0 }));
    return () => cancelAnimationFrame(frame);
  }, [flow, layout, props.fit, width]);

  const known = new Map(graph.nodes.map(node => [node.id, node]));
  return (
    <Actions.Provider value={props}>
      <ReactFlow
        id={`${arrow}-flow`}
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodeClick={(_, node) => props.onNode(known.get(node.id) ?? null)}
        onNodeDoubleClick={(_, node) => known.get(node.id)?.kind === 'table' && props.onRoot(known.get(node.id)!)}
        onNodesChange={changes => {
          for (const change of changes) {
            if (change.type === 'select' && change.selected) {
              props.onNode(known.get(change.id) ?? null);
            }
          }
        }}
        onEdgeClick={(_, edge) => edge.data && props.onEdge(edge.data.edge)}
        onPaneClick={() => props.onNode(null)}
        nodesDraggable={false}
        nodesConnectable={false}
        deleteKeyCode={null}
        minZoom={0.1}
        maxZoom={2}
        fitView
        fitViewOptions={FIT}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={24} size={1} />
        {graph.nodes.length > 8 && !whole && (
          <MiniMap style={{ width: 140, height: 90 }} pannable zoomable ariaLabel="Overview of the graph" nodeClassName={node => miniClass(node as DatasetNode)} />
        )}
      </ReactFlow>
    </Actions.Provider>
  );
}

const miniClass = ({ data: { node } }: DatasetNode): string => (node.kind === 'file' ? 'wb-mini-file' : `wb-mini ${zoneClass(node.zone)}`);

/** The graph, laid out and drawn. */
export default function Canvas(props: CanvasProps) {
  const { graph } = props;
  // Of one in a tab that is hidden nothing is drawn, in others neither.
  const arrow = useAddress();
  const [layout, setLayout] = useState<{ graph: Graph; layout: Layout }>();
  const [error, setError] = useState<WorkbenchError>();
  useEffect(() => {
    let live = true;
    layOut(graph).then(
      found => live && setLayout({ graph, layout: found }),
      (problem: unknown) => live && setError(WorkbenchError.from(problem))
    );
    return () => {
      live = false;
    };
  }, [graph]);

  if (error) {
    return <Problem title="The graph could not be drawn; the table shows the same." error={error} />;
  }
  if (!layout) {
    return <Skeleton label="Drawing the graph" />;
  }
  return (
    <ReactFlowProvider>
      <svg className="wb-defs" aria-hidden="true">
        <defs>
          <marker id={arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse">
            <path d="M0,0 L8,4 L0,8 z" />
          </marker>
        </defs>
      </svg>
      {/* A graph and its places go together; while the next are found, the last stay. */}
      <Flow {...props} graph={layout.graph} layout={layout.layout} arrow={arrow} />
    </ReactFlowProvider>
  );
}
