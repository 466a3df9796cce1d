import { type Host } from '../host.js';
import { type TreeNode } from '../records.js';
import { compareZones } from '../zones.js';
import { useDebounced, useResource } from './useResource.js';

const MOST = 20;

/** Names of datasets, the first of each zone on the way through the tree; of zones that `order` puts first, first. At most `most`. */
export async function firstNames(host: Host, most: number, zone?: string, order = compareZones, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  const walk = async (within: string, prefix: string): Promise<void> => {
    const { nodes } = await host.call('catalog.tree', { zone: within, ...(prefix ? { prefix } : {}) }, signal);
    names.push(...nodes.filter(node => node.kind === 'dataset').map(node => `${within}.${node.name}`));
    for (const node of nodes.filter((each: TreeNode) => each.kind === 'group')) {
      if (names.length < most) {
        await walk(within, node.name);
      }
    }
  };
  const zones = zone === undefined ? (await host.call('catalog.tree', {}, signal)).nodes.map(node => node.name).sort(order) : [zone];
  for (const each of zones) {
    if (names.length < most) {
      await walk(each, '');
    }
  }
  return names.slice(0, most);
}

/** Names of datasets to choose from while one types: what a search finds, and for no text the first there are. */
export const useSuggestions = (host: Host, text: string, options: { zone?: string; off?: boolean } = {}): string[] => useSuggested(host, text, options).names;

/** The same; `current`: they are of this very text. For a moment after a key they are of the text before it. */
export function useSuggested(host: Host, text: string, options: { zone?: string; off?: boolean } = {}): { names: string[]; current: boolean } {
  const { zone, off = false } = options;
  const settled = useDebounced(text).trim();
  const found = useResource(off ? null : `${zone ?? ''} ${settled}`, async signal =>
    settled
      ? (await host.call('catalog.search', { query: settled, limit: MOST, kind: 'dataset', ...(zone === undefined ? {} : { zone }) }, signal)).map(
          hit => hit.dataset.name
        )
      : firstNames(host, MOST, zone, compareZones, signal)
  );
  return { names: [...new Set(found.data ?? [])], current: settled === text.trim() && !found.loading };
}
