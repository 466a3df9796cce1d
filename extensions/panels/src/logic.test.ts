import { describe, expect, it } from 'vitest';
import { parseQuery, searchArguments, withFilter } from './catalog/filters.js';
import { type Level, type Levels, openLevels, pathTo, readLevel } from './catalog/levels.js';
import { type Details, foundBy, hitRows, marked, rowHeight, rowText, steadyRows, treeRows, whyWords } from './catalog/rows.js';
import { heirOf, parentIndex, spotAt } from './ui/tree.js';
import { ago, asShown, bytes, cell, count, duration, size, stored, whole } from './format.js';
import { typeAhead } from './ui/useTypeAhead.js';
import { columnWidth, rowsLookedAt } from './ui/widths.js';
import { type Host, WorkbenchError } from './host.js';
import { parseJson } from './json.js';
import { edgeKey, merge, outward } from './lineage/graph.js';
import { shortJob } from './lineage/layout.js';
import { roundedPath } from './lineage/path.js';
import { type Dataset, type DatasetSummary, type LineageEdge, type LineageGraph, type SearchHit, type TreeNode } from './records.js';
import { columnSnippet, readSnippet } from './snippets.js';
import { family } from './types.js';
import { compareZones, zoneClass } from './zones.js';

const dataset = (name: string): DatasetSummary => ({
  table_uuid: name,
  name,
  zone: name.split('.')[0]!,
  rows: 1,
  bytes: 1,
  columns: 2,
  updated_at: null,
  description: ''
});
const full = (name: string): Dataset =>
  ({
    name,
    columns: [
      { field_id: 1, name: 'carrier', type: 'string', required: false, doc: '' },
      { field_id: 2, name: 'delay', type: 'double', required: false, doc: '' }
    ]
  }) as unknown as Dataset;
const SETS = ['gold.delay', 'bronze.flights', 'lab.try', 'bronze.planes'].map(dataset);

describe('JSON', () => {
  it('keeps snapshot ids beyond 2^53 exact, as text', () => {
    expect(parseJson('{"id": 5821739847329847321, "n": -9007199254740993}')).toEqual({
      id: '5821739847329847321',
      n: '-9007199254740993'
    });
  });
  it('leaves long digits in strings and exact numbers alone', () => {
    expect(parseJson('{"a": "x 5821739847329847321 \\" 5821739847329847321", "b": 1234567890123456, "c": 0.1234567890123456}')).toEqual({
      a: 'x 5821739847329847321 " 5821739847329847321',
      b: 1234567890123456,
      c: 0.1234567890123456
    });
  });
});

describe('words and figures', () => {
  it('shortens counts and bytes', () => {
    expect([0, 16, 1458, 336776, 999_960, 26_115, 6_001_215].map(count)).toEqual(['0', '16', '1.5 k', '337 k', '1 M', '26.1 k', '6 M']);
    expect([512, 6_212_345, 1_500_000_000].map(bytes)).toEqual(['512 B', '6.2 MB', '1.5 GB']);
  });
  it('says of a dataset what is told of it', () => {
    const columns = ['id', 'name'];
    expect(size({ rows: 1, bytes: 512, files: 1, columns })).toEqual(['1 row', '2 columns', '512 B']);
    expect(size({ rows: null, bytes: null, files: null, columns })).toEqual(['2 columns']);
    expect(stored({ rows: 1, bytes: 512, files: 2, columns })).toBe('512 B in 2 files');
    expect(stored({ rows: null, bytes: null, files: null, columns })).toBe('–');
  });
  it('says how long ago in the command line\'s words', () => {
    const now = Date.parse('2026-01-03T00:00:00Z');
    expect(ago('2026-01-01T00:00:00Z', now)).toBe('2 days ago');
    expect(ago('2026-01-02T23:59:58Z', now)).toBe('just now');
    expect(ago('2026-01-03T00:01:00Z', now)).toBe('in 1 minute');
    expect(ago('2026-04-02T23:50:00Z', now)).toBe('in 3 months');
    expect(ago('2026-02-20T00:00:00Z', now)).toBe('in 1 month');
    expect(ago(null, now)).toBe('never');
  });
  it('shows durations and nested values', () => {
    expect([0.42, 4.25, 119.6, 185].map(duration)).toEqual(['420 ms', '4.3 s', '2 min', '3 min 5 s']);
    expect(cell({ lat: 1 })).toBe('{"lat":1}');
  });
  it('shortens figures without another number before the point, and no value of a table', () => {
    expect([0.123456789, 12.3456789, 1234567.891, -98765432.1, 1e21].map(cell)).toEqual(['0.123457', '12.3457', '1234568', '-98765432', '1e+21']);
    expect([0.1 + 0.2, 1234567.891, '2013-01-01T05:00:00+00:00', null].map(whole)).toEqual([
      '0.30000000000000004',
      '1234567.891',
      '2013-01-01T05:00:00+00:00',
      ''
    ]);
  });
});

describe('the width of a column', () => {
  const ten = (text: string) => text.length * 10;
  it('shows a moment without what it does not say, and copies all of it', () => {
    const moments = ['2026-01-31T12:30:00.000000', '2026-01-31T12:30:00.500000Z', '-0004-01-31T12:30:00.000001', 'Infinity'];
    expect(moments.map(each => asShown(each, 'timestamptz'))).toEqual(['2026-01-31 12:30:00', '2026-01-31 12:30:00.5 UTC', '-0004-01-31 12:30:00.000001', 'Infinity']);
    expect([asShown('12:30:00.000000', 'time'), asShown('12:30:10.120000', 'time'), asShown(null, 'timestamp')]).toEqual(['12:30:00', '12:30:10.12', '']);
    expect([asShown('2026-01-31T12:30:00.000000', 'string'), whole(moments[0])]).toEqual(['2026-01-31T12:30:00.000000', '2026-01-31T12:30:00.000000']);
  });
  it('holds numbers and dates whole, and text within reason', () => {
    expect(columnWidth(['2013-01-01', '2013-01-01T05:00:00+00:00'], 'time', ten, 0)).toBe(267);
    expect(columnWidth(['1'.repeat(38)], 'number', ten, 0)).toBe(397);
    expect(columnWidth(['x'.repeat(38)], 'text', ten, 0)).toBe(280);
    expect(columnWidth(['1'], 'number', ten, 90.2)).toBe(91);
  });
  it('looks at fewer rows of a table of many columns', () => {
    expect([rowsLookedAt(1000, 20), rowsLookedAt(1000, 10_000), rowsLookedAt(10, 10_000)]).toEqual([1000, 50, 10]);
  });
});

describe('types and zones', () => {
  it('knows the families of Iceberg, Arrow and DuckDB types', () => {
    const types = ['long', 'decimal(9,2)', 'timestamptz', 'struct<a: int>', 'VARCHAR', 'BIGINT', 'int64', 'list<int>', 'INTEGER[]', 'uuid', 'fixed[16]'];
    expect(types.map(family)).toEqual(['number', 'number', 'time', 'nested', 'text', 'number', 'number', 'nested', 'nested', 'text', 'binary']);
  });
  it('orders zones as data is refined, others after', () => {
    expect(['lab', 'gold', 'silver', 'apex', 'bronze'].sort(compareZones)).toEqual(['bronze', 'silver', 'gold', 'apex', 'lab']);
    expect(zoneClass('lab')).toBe('wb-zone-other');
  });
});

const node = (found: DatasetSummary): TreeNode => ({ kind: 'dataset', name: found.name.split('.')[1]!, datasets: 1, dataset: found });
const zoneNode = (name: string, datasets: number): TreeNode => ({ kind: 'zone', name, datasets, dataset: null });
const group = (name: string, datasets: number): TreeNode => ({ kind: 'group', name, datasets, dataset: null });
const level = (nodes: TreeNode[], after: string | null = null): Level => ({ nodes, after, pages: 1, busy: false });
const LEVELS: Levels = new Map([
  ['', level([zoneNode('bronze', 2), zoneNode('gold', 1), zoneNode('lab', 1)])],
  ...['bronze', 'gold', 'lab'].map(zone => [`zone:${zone}`, level(SETS.filter(each => each.zone === zone).map(node))] as const)
]);
const LARGE: Levels = new Map([
  ['', level([zoneNode('silver', 100_000)])],
  ['zone:silver', level([group('orders_', 900), node(dataset('silver.stock'))], 'stock')],
  ['group:silver.orders_', level([node(dataset('silver.orders_daily'))])]
]);
/** A host that answers `catalog.tree` with pages of two of these names, grouped where there are more. */
const treeHost = (names: string[], calls: unknown[] = []): Host =>
  ({
    call: (_verb: string, args: { zone?: string; prefix?: string; after?: string }) => {
      calls.push(args);
      const prefix = args.prefix ?? '';
      const stems = new Map<string, number>();
      for (const name of names.filter(each => each.startsWith(prefix))) {
        const end = name.indexOf('_', prefix.length);
        const stem = end < 0 ? name : name.slice(0, end + 1);
        stems.set(stem, (stems.get(stem) ?? 0) + 1);
      }
      const left = [...stems].filter(([stem]) => args.after === undefined || stem > args.after);
      const nodes = left.slice(0, 2).map(([stem, n]) => (stem.endsWith('_') ? group(stem, n) : node(dataset(`silver.${stem}`))));
      return Promise.resolve({ zone: 'silver', prefix, nodes, after: left.length > 2 ? nodes[1]!.name : null });
    }
  }) as unknown as Host;

describe('the tree', () => {
  it('shows zones, and what is open below them', () => {
    const rows = treeRows(LEVELS, new Set(['zone:bronze', 'dataset:bronze.flights']), new Map<string, Details>([['dataset:bronze.flights', full('bronze.flights')]]));
    expect(rows.map(row => `${row.level} ${row.key}`)).toEqual([
      '1 zone:bronze',
      '2 dataset:bronze.flights',
      '3 dataset:bronze.flights/1',
      '3 dataset:bronze.flights/2',
      '2 dataset:bronze.planes',
      '1 zone:gold',
      '1 zone:lab'
    ]);
    expect(rows[4]).toMatchObject({ position: 2, siblings: 2 });
    expect(parentIndex(rows, 3)).toBe(1);
    expect(parentIndex(rows, 4)).toBe(0);
  });
  it('goes on with the keyboard where a row is gone that it was at', () => {
    const open = new Set(['zone:bronze', 'dataset:bronze.flights']);
    const reading = treeRows(LEVELS, open, new Map());
    const spot = spotAt(reading, 2)!; // "Reading columns…"
    const read = treeRows(LEVELS, open, new Map<string, Details>([['dataset:bronze.flights', full('bronze.flights')]]));
    expect(read[heirOf(read, spot)]!.key).toBe('dataset:bronze.flights/1');
    const shut = treeRows(LEVELS, new Set(['zone:bronze']), new Map());
    expect(shut[heirOf(shut, spot)]!.key).toBe('dataset:bronze.flights');
    expect(shut[heirOf(shut.slice(0, 2), spotAt(shut, 2)!)]!.key).toBe('dataset:bronze.flights'); // the last one is gone
    expect(heirOf(shut.slice(3), spot)).toBe(-1);
    expect(spotAt(shut, 0)).toBe(null);
  });
  it('says so while columns are read, and why they did not come', () => {
    const open = new Set(['zone:bronze', 'dataset:bronze.flights']);
    expect(treeRows(LEVELS, open, new Map())[2]).toMatchObject({ kind: 'note', text: 'Reading columns…' });
    expect(treeRows(LEVELS, open, new Map([['dataset:bronze.flights', { failed: 'Gone.' }]]))[2]).toMatchObject({ text: 'Gone.' });
  });
  it('says so while a zone is read, shows groups of names, and leads on at the end of a page', () => {
    expect(treeRows(new Map([['', LARGE.get('')!]]), new Set(['zone:silver']), new Map())[1]).toMatchObject({ text: 'Reading datasets…' });
    const rows = treeRows(LARGE, new Set(['zone:silver', 'group:silver.orders_']), new Map());
    expect(rows.map(row => `${row.level} ${row.key} ${row.siblings}`)).toEqual([
      '1 zone:silver 1',
      '2 group:silver.orders_ -1',
      '3 dataset:silver.orders_daily 1',
      '2 dataset:silver.stock -1',
      '2 zone:silver/more -1'
    ]);
    expect(rows[4]).toMatchObject({ kind: 'more', levelKey: 'zone:silver' });
  });
  it('draws nothing below what is still to come, so that nothing is pushed from under the pointer', () => {
    const coming = treeRows(LEVELS, new Set(['zone:bronze', 'dataset:bronze.flights']), new Map());
    expect(coming.map(row => row.key).slice(3)).toEqual(['dataset:bronze.planes', 'zone:gold', 'zone:lab']);
    expect(steadyRows(coming).map(row => row.kind)).toEqual(['zone', 'dataset', 'note']);
    const here = treeRows(LEVELS, new Set(['zone:bronze']), new Map());
    expect(steadyRows(here)).toEqual(here);
  });
  it('has views beside datasets, counted apart', () => {
    const view: DatasetSummary = { ...dataset('gold.top'), kind: 'view', rows: null, bytes: null, columns: null };
    const levels: Levels = new Map([
      ['', level([{ ...zoneNode('gold', 1), views: 1 }])],
      ['zone:gold', level([{ kind: 'view', name: 'top', datasets: 0, views: 1, dataset: view }])]
    ]);
    const rows = treeRows(levels, new Set(['zone:gold', 'dataset:gold.top']), new Map([['dataset:gold.top', { failed: 'Not granted.' }]]));
    expect(rows[0]).toMatchObject({ count: 1, views: 1 });
    expect(rows[1]).toMatchObject({ kind: 'dataset', dataset: { kind: 'view' } });
    expect(rows[2]).toMatchObject({ text: 'Not granted.' });
  });
  it('shows one zone alone', () => {
    expect(treeRows(LEVELS, new Set(), new Map(), 'gold').map(row => row.key)).toEqual(['zone:gold']);
  });
  it('reads only what stands open below what stands open', () => {
    expect(openLevels(new Map(), new Set(['zone:silver', 'group:silver.orders_']))).toEqual(['', 'zone:silver']);
    expect(openLevels(LARGE, new Set(['zone:silver', 'zone:gone', 'group:silver.orders_']))).toEqual(['', 'zone:silver', 'group:silver.orders_']);
    expect(openLevels(LARGE, new Set(['group:silver.orders_']))).toEqual(['']);
  });
  it('reads a level page by page, and goes on where it stopped', async () => {
    const host = treeHost(['a', 'b', 'c', 'd', 'e']);
    const first = await readLevel(host, 'zone:silver', 1);
    expect([first.nodes.map(each => each.name), first.after, first.pages]).toEqual([['a', 'b'], 'b', 1]);
    const all = await readLevel(host, 'zone:silver', 9, first);
    expect([all.nodes.map(each => each.name), all.after, all.pages]).toEqual([['a', 'b', 'c', 'd', 'e'], null, 3]);
  });
  it('finds the way to a dataset through pages and groups', async () => {
    const names = ['apples', 'bread', 'orders_by_day_eu', 'orders_by_day_us', 'orders_by_week', 'orders_daily', 'stock'];
    expect(await pathTo(treeHost(names), 'silver.orders_by_day_us')).toEqual([
      { key: 'zone:silver', pages: 2 },
      { key: 'group:silver.orders_', pages: 1 },
      { key: 'group:silver.orders_by_', pages: 1 },
      { key: 'group:silver.orders_by_day_', pages: 1 }
    ]);
    expect(await pathTo(treeHost(names), 'silver.bread')).toEqual([{ key: 'zone:silver', pages: 1 }]);
  });
  it('walks on with one letter typed again, and stays with a longer word', () => {
    const rows = treeRows(LEVELS, new Set(['zone:bronze', 'zone:gold']), new Map());
    const names = rows.map(row => row.key);
    const texts = rows.map(rowText);
    expect(names[typeAhead(texts, 0, 'p')]).toBe('dataset:bronze.planes');
    expect(names[typeAhead(texts, 2, 'pl')]).toBe('dataset:bronze.planes');
    expect(typeAhead(texts, 0, 'zz')).toBe(-1);
  });
  it('keeps the best hit of a dataset, with a second line for its reason', () => {
    const hit = (name: string, matched: SearchHit['matched']): SearchHit => ({ dataset: dataset(name), matched, text: 'tailnum', score: 1 });
    const rows = hitRows([hit('bronze.planes', 'column'), hit('gold.delay', 'name'), hit('bronze.planes', 'description')], 'tailnum', new Set(), new Map());
    expect(rows.map(row => [row.key, rowHeight(row)])).toEqual([
      ['dataset:bronze.planes', 44],
      ['dataset:gold.delay', 26]
    ]);
  });
  it('shows only the columns that a search matches below a hit, so that the other hits stay in sight', () => {
    const hit = (name: string, matched: SearchHit['matched'], text: string): SearchHit => ({ dataset: dataset(name), matched, text, score: 1 });
    const hits = [hit('bronze.flights', 'column', 'carrier'), hit('gold.delay', 'name', 'gold.delay')];
    const open = new Set(['dataset:bronze.flights']);
    const details = new Map<string, Details>([['dataset:bronze.flights', full('bronze.flights')]]);
    const keys = (query: string) => hitRows(hits, query, open, details).map(row => row.key);
    expect(keys('CARR')).toEqual(['dataset:bronze.flights', 'dataset:bronze.flights/1', 'dataset:gold.delay']);
    expect(hitRows(hits, 'carr', open, details)[1]).toMatchObject({ position: 1, siblings: 1 });
    expect(hitRows([hit('bronze.flights', 'name', 'x')], 'x', open, details)[1]).toMatchObject({ text: 'No column matches.' });
  });
  it('marks what matched, whatever characters are typed', () => {
    expect(marked('bronze.flights', 'FLI')).toEqual([
      { text: 'bronze.', hit: false },
      { text: 'fli', hit: true },
      { text: 'ghts', hit: false }
    ]);
    expect(marked('a(b', '(')).toContainEqual({ text: '(', hit: true });
  });
});

describe('a search', () => {
  it('takes its filters out of its text, and puts them back', () => {
    expect(parseQuery('tail zone:silver owner:"ann b" num')).toEqual({ text: 'tail num', filters: { zone: 'silver', owner: 'ann b' } });
    expect(withFilter('tail zone:silver', 'zone', undefined)).toBe('tail');
    expect(withFilter('tail', 'owner', 'ann b')).toBe('tail owner:"ann b"');
    expect(parseQuery('timezone:x')).toEqual({ text: 'timezone:x', filters: {} });
  });
  it('asks with a word, which a tag is; a zone alone is the tree\'s', () => {
    expect(searchArguments('tag:pii')).toEqual({ query: 'pii', tag: 'pii' });
    expect(searchArguments('fare zone:gold')).toEqual({ query: 'fare', zone: 'gold' });
    expect(searchArguments('zone:gold')).toBeNull();
    expect(searchArguments('kind:view')).toEqual({ query: '', kind: 'view' });
    expect(searchArguments('fare kind:View')).toEqual({ query: 'fare', kind: 'view' });
    expect(searchArguments('fare kind:thing')).toEqual({ query: 'fare' });
  });
  it('says of each word why it found something', () => {
    const hit = { matched: 'column', text: 'carrier', reasons: [{ word: 'carier', where: 'column', text: 'carrier', how: 'typo' }, { word: 'silver', where: 'name', text: 'silver.x', how: 'exact' }] };
    expect(whyWords(hit as unknown as SearchHit)).toBe('carier in column carrier (spelt otherwise), silver in name');
    const typo = { matched: 'name', text: 'silver.x', reasons: [{ word: 'slver', where: 'name', text: 'silver.x', how: 'typo' }] } as unknown as SearchHit;
    expect(foundBy(typo, 'slver')).toEqual({ by: 'spelt otherwise', text: 'slver' });
    expect(foundBy({ ...typo, reasons: [] }, 'silver')).toBeUndefined();
    expect(foundBy(hit as unknown as SearchHit, 'carier silver')).toEqual({ by: 'column', text: 'carrier' });
    // Filters alone: they stand above it.
    expect(foundBy(hit as unknown as SearchHit, '')).toBeUndefined();
  });
});

describe('lineage', () => {
  const node = (id: string, depth: number) => ({ id, kind: 'table' as const, name: id, zone: 'silver', depth });
  const edge = (source: string, target: string, last_at: string): LineageEdge => ({
    source,
    target,
    job: 'join',
    kind: 'notebook',
    run_id: last_at,
    notebook: null,
    cell: null,
    last_at,
    runs: 1
  });
  const graph = (nodes: LineageGraph['nodes'], edges: LineageEdge[], depth: number): LineageGraph => ({
    root: nodes[0]!.id,
    direction: 'both',
    depth,
    nodes,
    edges,
    truncated: false
  });
  it('merges answers: one node, the latest run of an edge, and the frontier that is left', () => {
    const first = graph([node('b', 0), node('a', -1)], [edge('a', 'b', '2026-01-01')], 1);
    const second = graph([node('a', 0), node('z', -1), node('b', 1)], [edge('a', 'b', '2026-01-02'), edge('z', 'a', '2026-01-01')], 2);
    const both = merge([first, second]);
    expect(both.nodes.map(n => n.id)).toEqual(['b', 'a', 'z']);
    expect(both.edges.find(e => edgeKey(e) === 'a→b→join')?.run_id).toBe('2026-01-02');
    expect([...merge([first]).frontier]).toEqual(['a']);
    expect([...both.frontier]).toEqual([]);
  });
  it('leads on outwards', () => {
    expect([outward(node('a', -2), 'both'), outward(node('a', 2), 'both'), outward(node('a', -2), 'downstream')]).toEqual([
      'upstream',
      'downstream',
      'downstream'
    ]);
  });
  it('names an edge after its job, a notebook by its name', () => {
    const named = (job: string, kind: LineageEdge['kind'] = 'notebook') => shortJob({ job, kind });
    expect([named('flights.clean_flights', 'step'), named('work/delays.ipynb'), named('v1.2/a.b.ipynb'), named('a → b', 'ingest')]).toEqual([
      'clean_flights',
      'delays',
      'a.b',
      'ingest'
    ]);
  });
  it('draws a path through all points', () => {
    expect(roundedPath([{ x: 0, y: 0 }, { x: 10, y: 0 }])).toBe('M0,0L10,0');
    expect(roundedPath([{ x: 0, y: 0 }, { x: 20, y: 0 }, { x: 20, y: 20 }])).toBe('M0,0L12,0Q20,0 20,8L20,20');
  });
});

describe('snippets and errors', () => {
  it('reads a dataset in both languages', () => {
    expect(readSnippet('silver.flights').python).toBe('flights = ws.dataset("silver.flights").read()\nflights');
    expect(columnSnippet('silver.flights', 'dep time').sql).toContain('"dep time"');
  });
  it('takes the API\'s error shape, and words of its own where there is none', () => {
    const error = WorkbenchError.fromBody({ error: { code: 'not_found', message: 'No x.', fix: 'Try y.', details: {} } }, 'z');
    expect([error.code, error.message, error.fix]).toEqual(['not_found', 'No x.', 'Try y.']);
    expect(WorkbenchError.fromBody('<html>', 'The workbench answered 502.').message).toBe('The workbench answered 502.');
  });
});
