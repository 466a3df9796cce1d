import { type Direction, type LineageEdge, type LineageGraph, type LineageNode } from '../records.js';

/** A graph to show: what several answers know together. */
export interface Graph {
  nodes: LineageNode[];
  edges: LineageEdge[];
  /** Ids of nodes behind which there may be more than was asked for. */
  frontier: ReadonlySet<string>;
  truncated: boolean;
}

export const EMPTY: Graph = { nodes: [], edges: [], frontier: new Set(), truncated: false };

export const edgeKey = (edge: LineageEdge): string => `${edge.source}→${edge.target}→${edge.job}`;

/** Put graphs together: a node or an edge that two know is one, and the later run of an edge counts. */
export function merge(graphs: LineageGraph[]): Graph {
  const nodes = new Map<string, LineageNode>();
  const edges = new Map<string, LineageEdge>();
  const inner = new Set<string>();
  const outer = new Set<string>();
  for (const graph of graphs) {
    for (const node of graph.nodes) {
      if (!nodes.has(node.id)) {
        nodes.set(node.id, node);
      }
      (Math.abs(node.depth) < graph.depth ? inner : outer).add(node.id);
    }
    for (const edge of graph.edges) {
      const key = edgeKey(edge);
      const known = edges.get(key);
      if (!known || known.last_at < edge.last_at) {
        edges.set(key, edge);
      }
    }
  }
  return {
    nodes: [...nodes.values()],
    edges: [...edges.values()].filter(edge => nodes.has(edge.source) && nodes.has(edge.target)),
    frontier: new Set([...outer].filter(id => !inner.has(id) && nodes.get(id)?.kind === 'table')),
    truncated: graphs.some(graph => graph.truncated)
  };
}

/** In which direction a node of the frontier leads on. */
export function outward(node: LineageNode, asked: Direction): Direction {
  if (asked !== 'both') {
    return asked;
  }
  return node.depth < 0 ? 'upstream' : node.depth > 0 ? 'downstream' : 'both';
}

/** An edge in words, for screen readers and titles. */
export function edgeWords(edge: LineageEdge, names: ReadonlyMap<string, string>): string {
  return `${names.get(edge.source) ?? edge.source} to ${names.get(edge.target) ?? edge.target} by ${edge.job}`;
}
