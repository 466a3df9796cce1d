import { type Host, WorkbenchError } from '../host.js';
import { type Dataset, type DatasetSummary, type TreeNode, type ViewPage } from '../records.js';
import { compareZones } from '../zones.js';

/** One level of the tree as far as it was read: its pages so far, and where the next one begins. */
export interface Level {
  nodes: TreeNode[];
  after: string | null;
  pages: number;
  busy: boolean;
  error?: WorkbenchError;
}
/** Levels by the key of the row that they are below. */
export type Levels = ReadonlyMap<string, Level>;

/** The key of the level of zones. */
export const ROOT = '';
export const zoneKey = (zone: string): string => `zone:${zone}`;
export const groupKey = (zone: string, prefix: string): string => `group:${zone}.${prefix}`;
export const datasetKey = (dataset: Pick<DatasetSummary, 'table_uuid'>): string => `dataset:${dataset.table_uuid}`;

/** The arguments of `catalog.tree` for the level below a row. */
export function levelPlace(key: string): { zone?: string; prefix?: string } {
  if (key.startsWith('zone:')) {
    return { zone: key.slice(5) };
  }
  const dot = key.indexOf('.');
  return key === ROOT ? {} : { zone: key.slice(6, dot), prefix: key.slice(dot + 1) };
}

/** Which levels are seen: the zones, and below each row that stands open. Of zones that are not known yet all that stand open. */
export function openLevels(levels: Levels, open: ReadonlySet<string>): string[] {
  const root = levels.get(ROOT);
  const zones = root?.pages
    ? root.nodes.map(node => zoneKey(node.name)).filter(key => open.has(key))
    : [...open].filter(key => key.startsWith('zone:'));
  const groups = (key: string): string[] =>
    (levels.get(key)?.nodes ?? [])
      .filter(node => node.kind === 'group')
      .map(node => groupKey(levelPlace(key).zone!, node.name))
      .filter(below => open.has(below))
      .flatMap(below => [below, ...groups(below)]);
  return [ROOT, ...zones.flatMap(key => [key, ...groups(key)])];
}

/** A level to its `pages`th page: anew, or from what was read of it before. */
export async function readLevel(
  host: Host,
  key: string,
  pages: number,
  before: Pick<Level, 'nodes' | 'after' | 'pages'> = { nodes: [], after: null, pages: 0 },
  signal?: AbortSignal
): Promise<Omit<Level, 'busy'>> {
  const nodes = [...before.nodes];
  let { after, pages: read } = before;
  do {
    const page: { nodes: TreeNode[]; after: string | null } = await host.call(
      'catalog.tree',
      { ...levelPlace(key), ...(after === null ? {} : { after }) },
      signal
    );
    nodes.push(...page.nodes);
    ({ after } = page);
    read += 1;
  } while (after !== null && read < pages);
  return { nodes: key === ROOT ? nodes.sort((a, b) => compareZones(a.name, b.name)) : nodes, after, pages: read };
}

const MOST_PAGES = 10;

/** The levels that lead to a dataset from its zone down, with how many pages of each it takes. */
export async function pathTo(host: Host, name: string): Promise<{ key: string; pages: number }[]> {
  const dot = name.indexOf('.');
  const [zone, table] = [name.slice(0, dot), name.slice(dot + 1)];
  const path: { key: string; pages: number }[] = [];
  let key: string | undefined = zoneKey(zone);
  while (key !== undefined) {
    const step: { key: string; pages: number } = { key, pages: 0 };
    path.push(step);
    let after: string | null = null;
    let next: TreeNode | undefined;
    do {
      const page: { nodes: TreeNode[]; after: string | null } = await host.call('catalog.tree', {
        ...levelPlace(key),
        ...(after === null ? {} : { after })
      });
      next = page.nodes.find(node => (node.kind === 'group' ? table.startsWith(node.name) : table === node.name));
      ({ after } = page);
      step.pages += 1;
    } while (!next && after !== null && step.pages < MOST_PAGES);
    key = next?.kind === 'group' ? groupKey(zone, next.name) : undefined;
  }
  return path;
}

/** The datasets that are known by the levels read so far. */
export const datasetsOf = (levels: Levels): DatasetSummary[] =>
  [...levels.values()].flatMap(level => level.nodes.flatMap(node => node.dataset ?? []));

/** A view as a line of a list. */
export const viewSummary = (view: ViewPage): DatasetSummary => ({
  kind: 'view',
  table_uuid: view.uuid,
  name: view.name,
  zone: view.zone,
  rows: null,
  bytes: null,
  columns: view.readable ? view.columns.length : null,
  updated_at: view.at,
  description: view.description
});

/** The view that was named where a dataset was asked for; undefined where that was not what went wrong. */
export function viewOf(error: unknown): string | undefined {
  const view = error instanceof WorkbenchError ? error.details.view : undefined;
  return typeof view === 'string' ? view : undefined;
}

/** The line of a dataset or view; `view` where it is known to be one: what is asked for in vain stands on the browser's console. */
export async function readSummary(host: Host, name: string, view = false, signal?: AbortSignal): Promise<DatasetSummary> {
  if (view) {
    return viewSummary(await host.call('catalog.view', { name }, signal));
  }
  try {
    return summaryOf(await host.call('catalog.get', { name }, signal));
  } catch (error) {
    const found = viewOf(error);
    if (found === undefined) {
      throw error;
    }
    return readSummary(host, found, true, signal);
  }
}

/** A dataset as a line of a list. */
export const summaryOf = (dataset: Dataset): DatasetSummary => ({
  kind: 'dataset',
  table_uuid: dataset.ref.table_uuid,
  name: dataset.name,
  zone: dataset.zone,
  rows: dataset.rows,
  bytes: dataset.bytes,
  columns: dataset.columns.length,
  updated_at: dataset.updated_at,
  description: dataset.description
});
