import { Background, type Edge, type EdgeProps, getViewportForBounds, Handle, type Node, type NodeProps, Position, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from '@xyflow/react';
import { type KeyboardEvent, memo, useEffect, useMemo, useState } from 'react';
import { WorkbenchError } from '../host.js';
import { type Layout, NODE_HEIGHT, NODE_WIDTH, placed } from '../lineage/layout.js';
import { type Point, roundedPath } from '../lineage/path.js';
import { type Run, type Step } from '../records.js';
import { useAddress } from '../ui/ids.js';
import { Problem, Skeleton } from '../ui/States.js';
import { DIRECTIONS, nextTo } from './graphKeys.js';
import { inWords, kindOf, MARKS } from './history.js';

type StepNode = Node<{ step: Step; run: Run | undefined; editable: boolean; wrong: number }, 'step'>;
type NeedEdge = Edge<{ points: Point[] }, 'need'>;

const StepBox = memo(function StepBox({ data: { step, run, editable, wrong }, selected }: NodeProps<StepNode>) {
  const progress = run?.status === 'running' ? (run.attributes.progress as { cell?: number; cells?: number } | undefined) : undefined;
  return (
    <div className={`wb-node wb-step-node wb-status-of-${run?.status ?? 'none'}`} data-selected={selected || undefined} data-editable={editable || undefined} title={[step.name, step.description].filter(Boolean).join(': ')}>
      <Handle type="target" position={Position.Left} isConnectable={editable} />
      <span className="wb-node-zone">
        {run ? (
          <>
            <span aria-hidden="true">{MARKS[run.status]}</span>
            {run.status}
            {progress?.cells ? ` ${progress.cell} of ${progress.cells}` : ''}
          </>
        ) : wrong > 0 ? (
          <span className="wb-bad">
            <span aria-hidden="true">{MARKS.failed}</span> {wrong === 1 ? 'one thing is wrong' : `${wrong} things are wrong`}
          </span>
        ) : (
          kindOf(step)
        )}
      </span>
      <span className="wb-node-name">{step.name}</span>
      <Handle type="source" position={Position.Right} isConnectable={editable} title={editable ? 'Draw a line to the step that begins after this one' : undefined} />
    </div>
  );
});

const NeedLine = memo(function NeedLine({ data, markerEnd }: EdgeProps<NeedEdge>) {
  const path = data && roundedPath(data.points);
  return path ? (
    <>
      <path className="react-flow__edge-path" d={path} markerEnd={markerEnd} fill="none" />
      <path className="react-flow__edge-interaction" d={path} fill="none" strokeOpacity={0} strokeWidth={16} />
    </>
  ) : null;
});

const NODE_TYPES = { step: StepBox };
const EDGE_TYPES = { need: NeedLine };
const FIT = { padding: 0.1, maxZoom: 1, minZoom: 0.25 };

interface Props {
  steps: Step[];
  /** Each step's run, by its name. */
  runs: Map<string, Run>;
  selected: string | null;
  onSelect: (step: string | null) => void;
  /** Enter was pressed on it, for the first time or `again`: the keyboard may go on with what is shown of it. */
  onOpen?: (step: string, again: boolean) => void;
  /** How many things are wrong with each step. */
  problems?: Map<string, number>;
  /** What changes the pipeline, where it can be changed here. */
  edit?: {
    /** The second begins after the first. */
    connect: (from: string, to: string) => void;
    disconnect: (from: string, to: string) => void;
    remove: (step: string) => void;
  };
}

function Flow({ steps, runs, selected, onSelect, onOpen, problems, edit, layout, arrow }: Props & { layout: Layout; arrow: string }) {
  const flow = useReactFlow();
  const width = useStore(state => state.width);
  const height = useStore(state => state.height);
  const editable = edit !== undefined;
  const [line, setLine] = useState<string | null>(null);
  const nodes = useMemo(
    () =>
      steps.map((step): StepNode => {
        const run = runs.get(step.name);
        return {
          id: step.name,
          type: 'step',
          position: layout.nodes.get(step.name) ?? { x: 0, y: 0 },
          width: NODE_WIDTH,
          height: NODE_HEIGHT,
          selected: step.name === selected,
          draggable: false,
          connectable: editable,
          ariaLabel: [step.name, kindOf(step), run && inWords(run), step.needs.length > 0 && `after ${step.needs.join(', ')}`].filter(Boolean).join(', '),
          data: { step, run, editable, wrong: problems?.get(step.name) ?? 0 }
        };
      }),
    [steps, runs, selected, layout, problems, editable]
  );
  const edges = useMemo(
    () =>
      [...layout.edges].map(([id, { points }]): NeedEdge => {
        const [source = '', target = ''] = id.split('>');
        const ariaLabel = `${target} begins after ${source}`;
        return { id, type: 'need', source, target, focusable: editable, selectable: editable, selected: id === line, ariaLabel, markerEnd: arrow, data: { points } };
      }),
    [layout, editable, line, arrow]
  );
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const at = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset.id;
    if (at !== undefined && event.key in DIRECTIONS) {
      const to = nextTo(layout, at, event.key as keyof typeof DIRECTIONS);
      event.preventDefault();
      if (to !== undefined) {
        event.currentTarget.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(to)}"]`)?.focus();
      }
    }
    if (at !== undefined && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault(); // a page scrolls by the space bar
      onOpen?.(at, at === selected);
    }
    if (event.key === 'Escape' && selected !== null) {
      onSelect(null);
      event.stopPropagation();
    }
    if (edit && (event.key === 'Delete' || event.key === 'Backspace')) {
      const [from = '', to = ''] = line?.split('>') ?? [];
      if (line !== null) {
        edit.disconnect(from, to);
        setLine(null);
      } else if (selected !== null) {
        edit.remove(selected);
      }
    }
  };
  useEffect(() => {
    // `fitView` waits until nodes change, which they do not when only the box does.
    const places = [...layout.nodes.values()];
    if (width > 0 && height > 0 && places.length > 0) {
      const bounds = { x: 0, y: 0, width: Math.max(...places.map(({ x }) => x)) + NODE_WIDTH, height: Math.max(...places.map(({ y }) => y)) + NODE_HEIGHT };
      void flow.setViewport(getViewportForBounds(bounds, width, height, FIT.minZoom, FIT.maxZoom, FIT.padding));
    }
  }, [flow, layout, width, height]);
  return (
    <ReactFlow
      id={`${arrow}-flow`}
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodeClick={(_, node) => {
        setLine(null);
        onSelect(node.id);
      }}
      onKeyDown={onKeyDown}
      onConnect={({ source, target }) => edit?.connect(source, target)}
      onEdgesChange={changes => {
        for (const change of changes) {
          if (change.type === 'select') {
            setLine(old => (change.selected ? change.id : old === change.id ? null : old));
          }
        }
      }}
      onNodesChange={changes => {
        for (const change of changes) {
          if (change.type === 'select' && change.selected) {
            setLine(null);
            onSelect(change.id);
          }
        }
      }}
      onPaneClick={() => {
        setLine(null);
        onSelect(null);
      }}
      nodesDraggable={false}
      nodesConnectable={editable}
      deleteKeyCode={null}
      zoomOnScroll={false}
      preventScrolling={false}
      minZoom={0.1}
      maxZoom={2}
      fitView
      fitViewOptions={FIT}
      proOptions={{ hideAttribution: true }}
    >
      <Background gap={24} size={1} />
    </ReactFlow>
  );
}

/** A pipeline's steps, each after those that it needs, with how they fared. */
export default function StepGraph(props: Props) {
  const { steps } = props;
  // Of one in a tab that is hidden nothing is drawn, in others neither.
  const arrow = useAddress();
  // Where things stand depends on names and needs only; a run's events leave it alone.
  const key = JSON.stringify(steps.map(step => [step.name, step.needs]));
  const [layout, setLayout] = useState<Layout>();
  const [error, setError] = useState<WorkbenchError>();
  useEffect(() => {
    let live = true;
    const asked = JSON.parse(key) as [string, string[]][];
    placed(
      asked.map(([name]) => name),
      asked.flatMap(([name, needs]) => needs.map(need => ({ id: `${need}>${name}`, sources: [need], targets: [name] }))),
      48
    ).then(
      found => live && setLayout(found),
      (problem: unknown) => live && setError(WorkbenchError.from(problem))
    );
    return () => {
      live = false;
    };
  }, [key]);
  if (error) {
    return <Problem title="The graph could not be drawn; the timeline shows the same steps." error={error} />;
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
      <Flow {...props} layout={layout} arrow={arrow} />
    </ReactFlowProvider>
  );
}
