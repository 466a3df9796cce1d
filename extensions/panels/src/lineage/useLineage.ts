import { useCallback, useEffect, useState } from 'react';
import { type Host } from '../host.js';
import { type Direction, type LineageGraph, type LineageNode } from '../records.js';
import { firstNames } from '../ui/useSuggestions.js';
import { type Resource, useResource } from '../ui/useResource.js';
import { type Graph, merge, outward } from './graph.js';

const DEPTH = 4;
const MOST_CALLS = 25;
const MOST_NAMES = 300;

/** The whole lake, or of a large one its beginning: the graphs of datasets that no graph so far has shown, until all are there. */
async function whole(host: Host, signal: AbortSignal): Promise<LineageGraph[]> {
  const graphs: LineageGraph[] = [];
  const seen = new Set<string>();
  // The most refined first: their graphs reach furthest.
  const refined = (a: string, b: string) => Number(b === 'gold') - Number(a === 'gold') || a.localeCompare(b);
  for (const name of await firstNames(host, MOST_NAMES, undefined, refined, signal)) {
    if (!seen.has(name) && graphs.length < MOST_CALLS) {
      const graph = await host.call('lineage.graph', { name, direction: 'both' }, signal);
      graphs.push(graph);
      graph.nodes.forEach(node => seen.add(node.name));
    }
  }
  return graphs;
}

export interface Lineage extends Resource<Graph> {
  /** Ask for what lies behind a node of the frontier. */
  expand: (node: LineageNode) => void;
}

/** The lineage of one dataset, or with `root` null of all; nothing before `ready`. */
export function useLineage(host: Host, root: string | null, direction: Direction, ready: boolean): Lineage {
  const [opened, setOpened] = useState<LineageNode[]>([]);
  useEffect(() => setOpened([]), [root, direction]);

  const key = !ready ? null : root ? `${root} ${direction} ${opened.map(n => n.id).join()}` : 'all';
  const resource = useResource(key, async signal => {
    if (!root) {
      return merge(await whole(host, signal));
    }
    const asked = [host.call('lineage.graph', { name: root, direction, depth: DEPTH }, signal)];
    for (const node of opened) {
      asked.push(host.call('lineage.graph', { name: node.name, direction: outward(node, direction), depth: 2 }, signal));
    }
    return merge(await Promise.all(asked));
  });
  const expand = useCallback((node: LineageNode) => setOpened(old => [...old, node]), []);
  return { ...resource, expand };
}
