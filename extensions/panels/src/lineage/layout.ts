import { type ElkExtendedEdge } from 'elkjs/lib/elk-api.js';
import { type LineageEdge } from '../records.js';
import { type Graph, edgeKey } from './graph.js';
import { type Point } from './path.js';

export const NODE_WIDTH = 158;
export const NODE_HEIGHT = 46;
const LABEL_HEIGHT = 18;
const LONGEST_LABEL = 22;

export interface Layout {
  nodes: Map<string, Point>;
  edges: Map<string, { points: Point[]; label: Point }>;
}

/** A job as it fits on an edge: its own name without that of its pipeline or its target, and a notebook's without its folder
 * and its ending; the whole is in the title. */
export function shortJob({ job, kind }: Pick<LineageEdge, 'job' | 'kind'>): string {
  const notebook = /([^/]+)\.ipynb$/.exec(job)?.[1];
  const name = kind === 'ingest' ? kind : (notebook ?? job.slice(job.lastIndexOf('.') + 1));
  return name.length > LONGEST_LABEL ? `${name.slice(0, LONGEST_LABEL - 1)}…` : name;
}
export const labelWidth = (edge: Pick<LineageEdge, 'job' | 'kind'>): number => shortJob(edge).length * 6.4 + 12;

/** Places for nodes and edges, left to right. */
export function layOut(graph: Graph): Promise<Layout> {
  return placed(
    graph.nodes.map(node => node.id),
    graph.edges.map(edge => ({
      id: edgeKey(edge),
      sources: [edge.source],
      targets: [edge.target],
      labels: [{ text: edge.job, layoutOptions: { 'elk.edgeLabels.inline': 'true' }, width: labelWidth(edge), height: LABEL_HEIGHT }]
    }))
  );
}

/** Places found by ELK, which is loaded here, when it is first needed. `between`: pixels between what follows each other, where edges have no labels. */
export async function placed(ids: string[], asked: ElkExtendedEdge[], between = 12): Promise<Layout> {
  const { default: ELK } = await import('elkjs/lib/elk.bundled.js');
  const found = await new ELK().layout({
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.layered.spacing.nodeNodeBetweenLayers': String(between),
      'elk.layered.spacing.edgeNodeBetweenLayers': '10',
      'elk.spacing.nodeNode': '22',
      'elk.spacing.edgeEdge': '12',
      'elk.edgeLabels.inline': 'true',
      'elk.spacing.componentComponent': '40',
      'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES'
    },
    children: ids.map(id => ({ id, width: NODE_WIDTH, height: NODE_HEIGHT })),
    edges: asked
  });
  const edges: Layout['edges'] = new Map();
  for (const edge of found.edges ?? []) {
    const section = edge.sections?.[0];
    if (section) {
      const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
      const label = edge.labels?.[0];
      const middle = points[Math.floor(points.length / 2)]!;
      edges.set(edge.id, {
        points,
        label: label?.x === undefined ? middle : { x: label.x + (label.width ?? 0) / 2, y: (label.y ?? 0) + LABEL_HEIGHT / 2 }
      });
    }
  }
  return { nodes: new Map((found.children ?? []).map(node => [node.id, { x: node.x ?? 0, y: node.y ?? 0 }])), edges };
}
