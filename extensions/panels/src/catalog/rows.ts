import { type Column, type Dataset, type DatasetSummary, type Reason, type SearchHit } from '../records.js';
import { ROW_HEIGHT } from '../ui/tree.js';
import { datasetKey, groupKey, type Level, type Levels, ROOT, zoneKey } from './levels.js';

/** What is known of the columns of a dataset or view: nothing yet, they are on their way, or they did not come. */
export type Details = Pick<Dataset, 'columns'> | 'loading' | { failed: string };

/** How the key of a row ends that stands for what is not read yet. */
const READING = '/loading';

interface Common {
  key: string;
  level: number;
  /** Place among its siblings, from 1, and how many they are; -1 where there are more than are known. */
  position: number;
  siblings: number;
}
/** How many datasets and views are below. */
interface Below {
  count: number;
  views: number;
}
export type ZoneRow = Common & Below & { kind: 'zone'; zone: string; open: boolean };
export type GroupRow = Common & Below & { kind: 'group'; zone: string; prefix: string; open: boolean };
export type DatasetRow = Common & { kind: 'dataset'; dataset: DatasetSummary; open: boolean; hit?: SearchHit; found?: Found };
export type ColumnRow = Common & { kind: 'column'; dataset: DatasetSummary; column: Column };
export type NoteRow = Common & { kind: 'note'; text: string };
/** What leads to the next page of a level. */
export type MoreRow = Common & { kind: 'more'; levelKey: string; busy: boolean };
export type Row = ZoneRow | GroupRow | DatasetRow | ColumnRow | NoteRow | MoreRow;

/** What stands below the name of something that was found, where the name does not show it: `column: carrier`. */
interface Found {
  by: string;
  text: string;
}

/** Of what filters alone have let through nothing: they stand above it. */
export function foundBy(hit: SearchHit, query: string): Found | undefined {
  if (query.trim() === '') {
    return undefined;
  }
  const typos = (hit.reasons ?? []).filter(reason => reason.where === 'name' && reason.how === 'typo');
  return hit.matched !== 'name' ? { by: hit.matched, text: hit.text } : typos.length > 0 ? { by: 'spelt otherwise', text: typos.map(each => each.word).join(' ') } : undefined;
}

/** A dataset and, where it stands open, what is below it; of one that was found only the columns that have to do with the search. */
function datasetRows(
  dataset: DatasetSummary,
  place: Pick<Common, 'level' | 'position' | 'siblings'>,
  open: ReadonlySet<string>,
  details: ReadonlyMap<string, Details>,
  found?: { query: string; hit: SearchHit }
): Row[] {
  const key = datasetKey(dataset);
  const row: Row = { kind: 'dataset', key, ...place, dataset, open: open.has(key), hit: found?.hit, found: found && foundBy(found.hit, found.query) };
  const matches = found && ((column: Column) => matchesColumn(column, found.query, found.hit));
  return row.open ? [row, ...childRows(dataset, place.level + 1, details.get(key), matches)] : [row];
}

/** Whether `column` has to do with a search: the one its dataset was found by, or one with a word of the query in its name. */
function matchesColumn(column: Column, query: string, hit: SearchHit): boolean {
  return (hit.matched === 'column' && hit.text === column.name) || marked(column.name, query).some(part => part.hit);
}

function childRows(
  dataset: DatasetSummary,
  level: number,
  details: Details | undefined,
  matches?: (column: Column) => boolean
): Row[] {
  const key = datasetKey(dataset);
  if (details === undefined || details === 'loading') {
    return [note(key + READING, level, 'Reading columns…')];
  }
  if ('failed' in details) {
    return [note(`${key}/failed`, level, details.failed)];
  }
  // All columns of a wide dataset would push the other hits out of sight.
  const columns = matches ? details.columns.filter(matches) : details.columns;
  if (matches && columns.length === 0) {
    return [note(`${key}/none`, level, 'No column matches.')];
  }
  return columns.map((column, i) => ({
    kind: 'column',
    key: `${key}/${column.field_id}`,
    level,
    position: i + 1,
    siblings: columns.length,
    dataset,
    column
  }));
}

const note = (key: string, level: number, text: string): NoteRow => ({ kind: 'note', key, level, position: 1, siblings: 1, text });

/** What is below a zone or a group that stands open. */
function levelRows(
  zone: string,
  key: string,
  level: number,
  levels: Levels,
  open: ReadonlySet<string>,
  details: ReadonlyMap<string, Details>
): Row[] {
  const found: Level | undefined = levels.get(key);
  if (!found || (found.nodes.length === 0 && found.busy)) {
    return [note(key + READING, level, 'Reading datasets…')];
  }
  const siblings = found.after === null ? found.nodes.length : -1;
  const rows = found.nodes.flatMap((node, i): Row[] => {
    if (node.kind === 'group') {
      const below = groupKey(zone, node.name);
      const row: Row = {
        kind: 'group',
        key: below,
        level,
        position: i + 1,
        siblings,
        zone,
        prefix: node.name,
        count: node.datasets,
        views: node.views ?? 0,
        open: open.has(below)
      };
      return row.open ? [row, ...levelRows(zone, below, level + 1, levels, open, details)] : [row];
    }
    return node.dataset ? datasetRows(node.dataset, { level, position: i + 1, siblings }, open, details) : [];
  });
  if (found.error) {
    rows.push(note(`${key}/failed`, level, found.error.message));
  }
  if (found.after !== null) {
    rows.push({ kind: 'more', key: `${key}/more`, level, position: found.nodes.length + 1, siblings, levelKey: key, busy: found.busy });
  }
  return rows;
}

/** The rows of the tree that are open, from top to bottom: zones (or one), groups of names that begin alike, datasets, their columns. */
export function treeRows(levels: Levels, open: ReadonlySet<string>, details: ReadonlyMap<string, Details>, only?: string): Row[] {
  const zones = (levels.get(ROOT)?.nodes ?? []).filter(node => only === undefined || node.name === only);
  return zones.flatMap((node, i): Row[] => {
    const key = zoneKey(node.name);
    const row: Row = {
      kind: 'zone',
      key,
      level: 1,
      position: i + 1,
      siblings: zones.length,
      zone: node.name,
      count: node.datasets,
      views: node.views ?? 0,
      open: open.has(key)
    };
    return row.open ? [row, ...levelRows(node.name, key, 2, levels, open, details)] : [row];
  });
}

const isReading = (row: Row): boolean => row.kind === 'note' && row.key.endsWith(READING);

/** The rows to the first that is still being read: what it brings would push those below away from under the pointer. */
export function steadyRows(rows: Row[]): Row[] {
  const reading = rows.findIndex(isReading);
  return reading < 0 ? rows : rows.slice(0, reading + 1);
}

/** The same for what a search found: best first, without zones, with only those columns that `query` matches. */
export function hitRows(
  hits: SearchHit[],
  query: string,
  open: ReadonlySet<string>,
  details: ReadonlyMap<string, Details>
): Row[] {
  const best = new Map<string, SearchHit>();
  for (const hit of hits) {
    const key = datasetKey(hit.dataset);
    if (!best.has(key)) {
      best.set(key, hit);
    }
  }
  return [...best.values()].flatMap((hit, i) =>
    datasetRows(hit.dataset, { level: 1, position: i + 1, siblings: best.size }, open, details, { query, hit })
  );
}

export const MORE = 'Show more';

const HOW: Record<Reason['how'], string> = { exact: '', prefix: '', word: '', beginning: '', typo: ' (spelt otherwise)' };

/** Why a dataset was found, each word of the search once: `carrier in column, delays in description (spelt otherwise)`. */
export function whyWords(hit: SearchHit): string {
  const reasons = hit.reasons ?? [];
  return reasons.length === 0
    ? `${hit.matched}: ${hit.text}`
    : reasons.map(reason => `${reason.word} in ${reason.where}${reason.where === 'name' ? '' : ` ${short(reason.text)}`}${HOW[reason.how]}`).join(', ');
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

const REASON_HEIGHT = 18;

/** Pixels: a row that was found by something else than its name as it is written has a second line, which says by what. */
export function rowHeight(row: Row): number {
  return row.kind === 'dataset' && row.found ? ROW_HEIGHT + REASON_HEIGHT : ROW_HEIGHT;
}

/** What type-ahead compares with. */
export function rowText(row: Row): string {
  switch (row.kind) {
    case 'zone':
      return row.zone;
    case 'group':
      return row.prefix;
    case 'more':
      return MORE;
    case 'dataset':
      return row.dataset.name.slice(row.dataset.name.indexOf('.') + 1);
    case 'column':
      return row.column.name;
    case 'note':
      return row.text;
  }
}

/** `text` cut into parts, with those that match a word of `query` marked. */
export function marked(text: string, query: string): { text: string; hit: boolean }[] {
  const words = query
    .trim()
    .split(/[\s._]+/)
    .filter(Boolean)
    .map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (words.length === 0) {
    return [{ text, hit: false }];
  }
  return text
    .split(new RegExp(`(${words.join('|')})`, 'i'))
    .map((part, i) => ({ text: part, hit: i % 2 === 1 }))
    .filter(part => part.text !== '');
}
