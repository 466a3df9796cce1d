import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Host, WorkbenchError } from '../host.js';
import { type IngestReport, type LoadOptions, type Preview, type Reading, type Run, type RunEvent } from '../records.js';
import { doubts, EMPTY_DRAFT, isRefused, isUntouched, loadOptionsOf, optionsOf, readingOf, withColumn, withReading } from './draft.js';
import { Imports, importsOf } from './imports.js';
import { sheetsBeside, stateOf, warningsBeside } from './item.js';
import { previewLines, typeChoices } from './lines.js';

const preview = (more: Partial<Preview> = {}): Preview =>
  ({
    source: 'upload:1/fares.csv',
    reading: { format: 'csv', delimiter: ',', header: true, columns: [] },
    remembered: false,
    as_shown: { file: 'fares.csv', reading: {}, said: false },
    columns: [],
    sample: { columns: [['a', 'long']], rows: [], total: null, cut_at: null, run_id: null },
    rows: 3,
    exact: true,
    misfits: [],
    misfit_count: 0,
    name: 'fares',
    zone: 'bronze',
    exists: false,
    differences: [],
    resembles: [],
    partition_by: [],
    keys: ['id'],
    taken: null,
    warnings: [],
    ...more
  }) as Preview;

describe('what a person says of a source', () => {
  it('is sent alone: what was found stays to be found', () => {
    const draft = withColumn(withReading(EMPTY_DRAFT, { delimiter: ';' }), 1, { type: 'string' });
    expect(readingOf(draft, null)).toEqual({ delimiter: ';', columns: [{ place: 1, type: 'string' }] });
    expect(readingOf(EMPTY_DRAFT, null)).toBeNull();
  });
  it('is laid over what was remembered, whose columns hold until others are read', () => {
    const base: Reading = { format: 'csv', delimiter: ';', columns: [{ place: 0, original: 'a', type: 'string' }] };
    expect(readingOf(withColumn(EMPTY_DRAFT, 0, { name: 'b' }), base)?.columns).toEqual([{ place: 0, original: 'a', type: 'string', name: 'b' }]);
    expect(readingOf(withReading(EMPTY_DRAFT, { skip: 2 }), base)).toMatchObject({ delimiter: ';', skip: 2, columns: [] });
  });
  it('is nothing of one that is untouched, which is loaded as it was shown', () => {
    const remembered: Reading = { format: 'csv', delimiter: ';', columns: [] };
    const seen = preview({ remembered: true, as_shown: { file: 'fares.csv', reading: { delimiter: ';' }, said: false } });
    expect(loadOptionsOf(EMPTY_DRAFT, remembered, seen)).toEqual({ mode: 'create', reading: null, as_shown: seen.as_shown });
    expect(loadOptionsOf(withReading(EMPTY_DRAFT, { skip: 2 }), remembered, seen).as_shown).toBeUndefined();
  });
  it('can be taken back part by part', () => {
    const once = withColumn(EMPTY_DRAFT, 3, { name: 'x', take: false });
    expect(withColumn(withColumn(once, 3, { name: '' }), 3, { take: undefined })).toEqual(EMPTY_DRAFT);
    expect(isUntouched(withReading(withReading(EMPTY_DRAFT, { dates: 'dmy' }), { dates: null }))).toBe(true);
    expect(isUntouched({ ...EMPTY_DRAFT, zone: 'silver' })).toBe(false);
  });
  it('adds to a dataset that is there unless something else is said, and names keys only to update', () => {
    expect(optionsOf(EMPTY_DRAFT, null, preview())).toEqual({ mode: 'create', reading: null });
    expect(optionsOf({ ...EMPTY_DRAFT, partition_by: ['day'] }, null, preview({ exists: true }))).toEqual({ mode: 'append', reading: null });
    expect(optionsOf({ ...EMPTY_DRAFT, mode: 'upsert' }, null, preview({ exists: true })).keys).toEqual(['id']);
    // What becomes of rows with the same keys is said only where there are keys.
    const last = { ...EMPTY_DRAFT, duplicates: 'last' as const };
    expect(optionsOf({ ...last, mode: 'upsert' }, null, preview({ exists: true })).duplicates).toBe('last');
    expect(optionsOf(last, null, preview({ exists: true })).duplicates).toBeUndefined();
    // A mode for a dataset that is there says nothing once another name is chosen.
    expect(optionsOf({ ...EMPTY_DRAFT, mode: 'overwrite', name: ' other ' }, null, preview())).toMatchObject({ mode: 'create', name: 'other' });
  });
  it('is needed where something is doubtful', () => {
    expect(doubts(preview())).toEqual([]);
    expect(doubts(preview({ misfit_count: 2, warnings: ['x'] }))).toEqual(['rows that do not fit', 'warnings']);
    expect(doubts(preview({ resembles: [{ dataset: 'bronze.a', score: 0.95, differences: [] }] }))).toEqual(['looks like bronze.a']);
    const changed = preview({ exists: true, differences: [{ column: 'a', kind: 'changed', there: 'long', here: 'string' }] });
    expect([isRefused(EMPTY_DRAFT, changed), isRefused({ ...EMPTY_DRAFT, drift: 'keep' }, changed)]).toEqual([true, false]);
  });
});

describe('the first rows', () => {
  it('stand in the order of the file, with those that do not fit where they stand', () => {
    const misfit = (record: number) => ({ id: String(record), record, row: {} }) as unknown as Preview['misfits'][number];
    const lines = previewLines(preview({ sample: { columns: [], rows: [['a'], ['b'], ['c']], total: null, cut_at: null, run_id: null }, misfits: [misfit(4), misfit(2), misfit(90)] }));
    expect(lines.map(line => (line.kind === 'row' ? line.number : `x${line.misfit.record}`))).toEqual([1, 'x2', 3, 'x4', 5, 'x90']);
  });
  it('offer first the types that hold them all', () => {
    expect(typeChoices('long', ['long', 'double', 'string'])).toMatchObject({ fits: ['long', 'double', 'string'] });
    expect(typeChoices('long', ['long', 'string']).others).not.toContain('string');
    expect(typeChoices('decimal(12, 4)', ['double', 'string']).others[0]).toBe('decimal(12, 4)');
  });
});

class FakeHost {
  readonly asked: { source: string; options: LoadOptions }[] = [];
  readonly waiting: { resolve: (preview: Preview) => void; signal?: AbortSignal }[] = [];
  readonly kept = new Map<string, unknown>();
  listener: ((event: RunEvent | null) => void) | null = null;
  worker = 'running';
  answers = true;
  run: Run = { id: 'r1', status: 'queued', error: null } as Run;
  storage = {
    get: (key: string) => Promise.resolve(this.kept.get(key)),
    set: (key: string, value: unknown) => Promise.resolve(void this.kept.set(key, structuredClone(value)))
  };
  stage = (file: File) => Promise.resolve({ source: `upload:1/${file.name}`, name: file.name, bytes: 3, content_hash: 'x' });
  subscribe = (listener: (event: RunEvent | null) => void) => {
    this.listener = listener;
    return () => {
      this.listener = null;
    };
  };
  call = (verb: string, args: { source: string; options: LoadOptions }, signal?: AbortSignal): Promise<unknown> => {
    switch (verb) {
      case 'ingest.preview':
        this.asked.push(args);
        return new Promise(resolve => this.waiting.push({ resolve, signal }));
      case 'system.status':
        return Promise.resolve({ processes: { worker: { status: this.worker } } });
      case 'ingest.load':
      case 'ingest.report':
        return Promise.resolve({ run_id: 'r1', dataset: 'bronze.fares', rows: 3, rejected: 0, warnings: [] } as unknown as IngestReport);
      case 'ingest.start':
        this.asked.push(args);
        return Promise.resolve(this.run);
      case 'runs.get':
      case 'runs.cancel':
        return this.answers ? Promise.resolve(this.run) : Promise.reject(new WorkbenchError('Nobody answers.', 'unavailable'));
      default:
        return Promise.reject(new WorkbenchError(verb));
    }
  };
}

const settled = () => vi.advanceTimersByTimeAsync(0);

describe('what is being taken in', () => {
  let host: FakeHost;
  let imports: Imports;
  const item = () => imports.snapshot().items[0]!;
  beforeEach(() => {
    vi.useFakeTimers();
    host = new FakeHost();
    imports = new Imports(host as unknown as Host);
  });
  afterEach(() => vi.useRealTimers());
  const dropped = async (name = 'fares.csv') => {
    imports.add([new File(['a'], name)]);
    await settled();
    host.waiting.at(-1)!.resolve(preview());
    await settled();
  };

  it('is sent, looked at, and ready', async () => {
    await dropped();
    expect(stateOf(item())).toBe('ready');
    expect(host.asked).toEqual([{ source: 'upload:1/fares.csv', options: { mode: 'create', reading: null } }]);
  });
  it('is looked at again once typing rests, and only the newest answer counts', async () => {
    await dropped();
    imports.change(1, withColumn(item().draft, 0, { name: 'f' }));
    imports.change(1, withColumn(item().draft, 0, { name: 'fa' }));
    await vi.advanceTimersByTimeAsync(300);
    expect(host.asked).toHaveLength(2);
    imports.change(1, withColumn(item().draft, 0, { name: 'fare' }));
    await vi.advanceTimersByTimeAsync(300);
    expect(host.waiting[1]!.signal!.aborted).toBe(true);
    host.waiting[2]!.resolve(preview({ rows: 30 }));
    host.waiting[1]!.resolve(preview({ rows: 20 }));
    await settled();
    expect(item().preview!.rows).toBe(30);
    expect(item().draft.columns).toEqual({ 0: { name: 'fare' } });
    expect(item().looking).toBe(false);
  });
  it('is taken in as it was looked at, and ends in its report', async () => {
    await dropped();
    imports.change(1, withColumn(item().draft, 0, { type: 'string' }));
    await imports.start(1);
    expect(host.asked.at(-1)!.options.reading).toEqual({ columns: [{ place: 0, type: 'string' }] });
    host.listener!({ type: 'run.progress', run_id: 'r1', body: { step: 'parse', share: 0.5, rows: 10, note: '' } } as unknown as RunEvent);
    expect(item().run!.progress!.step).toBe('parse');
    expect(stateOf(item())).toBe('running');
    host.run = { ...host.run, status: 'succeeded' };
    host.listener!({ type: 'run.succeeded', run_id: 'r1', body: {} } as unknown as RunEvent);
    await settled();
    expect(stateOf(item())).toBe('done');
    expect(host.listener).toBeNull();
  });
  it('hears of an end whose event was lost', async () => {
    await dropped();
    await imports.start(1);
    host.run = { ...host.run, status: 'failed', error: { code: 'x', message: 'No.', fix: 'Do.' } };
    await vi.advanceTimersByTimeAsync(3100);
    expect(stateOf(item())).toBe('failed');
    expect(item().error).toMatchObject({ message: 'No.', fix: 'Do.' });
    imports.revise(1);
    expect(stateOf(item())).toBe('ready');
  });
  it('is written past a gate only when somebody says so', async () => {
    await dropped();
    await imports.start(1);
    host.run = { ...host.run, status: 'failed', error: { code: 'held_back', message: 'No.', fix: null } };
    await vi.advanceTimersByTimeAsync(3100);
    host.run = { ...host.run, id: 'r2', status: 'queued', error: null };
    await imports.start(1);
    await imports.start(1, true);
    expect(host.asked.slice(1).map(asked => asked.options.force)).toEqual([undefined, undefined]);
    host.run = { ...host.run, status: 'failed', error: { code: 'held_back', message: 'No.', fix: null } };
    await vi.advanceTimersByTimeAsync(3100);
    await imports.start(1, true);
    expect(host.asked.at(-1)!.options.force).toBe(true);
    expect(item().draft.force).toBeUndefined();
  });
  it('says once that there are other sheets', () => {
    // As `workbench/engines/readers/excel.py` words it.
    const warnings = ["Only the sheet 'A' was read; the file also has B (write #B behind the file's name).", 'Another one.'];
    expect(warningsBeside(warnings, true)).toEqual(['Another one.']);
    expect(warningsBeside(warnings, false)).toEqual(warnings);
  });
  it('shares one file with the other sheets of its workbook, after a reload too', async () => {
    await dropped('shop.xlsx');
    const again = new Imports(host as unknown as Host);
    await again.ready;
    host.waiting.at(-1)!.resolve(preview({ reading: { format: 'excel', sheet: 'A' }, sheets: ['A', 'B', 'C'] }));
    await settled();
    again.addSheets(again.snapshot().items[0]!.id, ['B', 'C']);
    await vi.advanceTimersByTimeAsync(300);
    expect(host.asked.slice(-3).map(({ source, options }) => [source, options.reading?.sheet])).toEqual([
      ['upload:1/shop.xlsx', 'B'],
      ['upload:1/shop.xlsx', 'C'],
      ['upload:1/shop.xlsx', 'A']
    ]);
  });
  it('offers the other sheets after the load, too, and leaves what was taken in as it is', async () => {
    imports.addSource('shop.xlsx');
    host.waiting.at(-1)!.resolve(preview({ reading: { format: 'excel', sheet: 'A' }, sheets: ['A', 'B'] }));
    await settled();
    host.run = { ...host.run, status: 'succeeded' };
    await imports.start(1);
    await vi.advanceTimersByTimeAsync(3000);
    expect(item().report?.rows).toBe(3);
    expect(sheetsBeside(item(), imports.snapshot().items)).toEqual(['B']);
    const asked = host.asked.length;
    imports.addSheets(1, ['B']);
    await vi.advanceTimersByTimeAsync(300);
    expect(host.asked.slice(asked).map(({ options }) => options.reading?.sheet)).toEqual(['B']);
    expect(item().report?.rows).toBe(3);
    expect(sheetsBeside(item(), imports.snapshot().items)).toEqual([]);
  });
  it('leaves the sheet that its source names for one that is chosen', async () => {
    imports.addSource('https://example.org/shop.xlsx#Q%201');
    host.waiting.at(-1)!.resolve(preview({ reading: { format: 'excel', sheet: 'Q 1' }, sheets: ['Q 1', 'B', 'C'] }));
    await settled();
    imports.addSheets(1, ['B']);
    imports.change(1, { ...item().draft, reading: { sheet: 'C' } });
    await vi.advanceTimersByTimeAsync(300);
    expect(host.asked.map(({ source, options }) => [source, options.reading?.sheet])).toEqual([
      ['https://example.org/shop.xlsx#Q%201', undefined],
      ['https://example.org/shop.xlsx', 'B'],
      ['https://example.org/shop.xlsx', 'C']
    ]);
  });
  it('gives way to the files of an archive, or is looked at as one table of all', async () => {
    await dropped('all.zip');
    void imports.readAs(1, 'json');
    expect(host.asked.at(-1)!.options.reading).toMatchObject({ format: 'json' });
    imports.change(1, EMPTY_DRAFT, false);
    void imports.together(1);
    expect(host.asked.at(-1)).toMatchObject({ source: 'upload:1/all.zip', options: { force: true } });
    imports.addSource('https://example.org/more.zip');
    imports.addInside(1, ['a/100%.csv', 'b.csv']);
    imports.addInside(2, ['a/100%.csv']);
    await settled();
    expect(imports.snapshot().items.map(({ label, source }) => [label, source])).toEqual([
      ['all.zip#a/100%.csv', 'upload:1/all.zip#a/100%.csv'],
      ['all.zip#b.csv', 'upload:1/all.zip#b.csv'],
      ['https://example.org/more.zip#a/100%.csv', 'https://example.org/more.zip#a%2F100%25.csv']
    ]);
    expect(imports.snapshot().current).toBe(imports.snapshot().items[2]!.id);
  });
  it('is looked at before it is tried again after a reload: what is to be done, its dataset tells', async () => {
    await dropped();
    await imports.start(1);
    const again = new Imports(host as unknown as Host);
    await again.ready;
    host.run = { ...host.run, status: 'failed', error: { code: 'x', message: 'No.', fix: null } };
    await vi.advanceTimersByTimeAsync(3100);
    const tried = again.start(again.snapshot().items[0]!.id);
    await settled();
    host.waiting.at(-1)!.resolve(preview({ exists: true }));
    await tried;
    expect(host.asked.at(-1)!.options.mode).toBe('append');
  });
  it('is waited for where no worker would carry it out', async () => {
    await dropped();
    host.worker = 'stopped';
    const done = imports.start(1);
    await settled();
    await done;
    expect(stateOf(item())).toBe('done');
    expect(item().run).toBeUndefined();
    expect(host.listener).toBeNull();
  });
  it('can be stopped, and then looked at again with what was typed', async () => {
    await dropped();
    imports.change(1, withColumn(item().draft, 0, { type: 'string' }));
    await imports.start(1);
    host.run = { ...host.run, status: 'cancelled' };
    await imports.cancel(1);
    expect([stateOf(item()), item().run!.status, item().error]).toEqual(['failed', 'cancelled', undefined]);
    imports.revise(1);
    expect(stateOf(item())).toBe('ready');
    expect(item().draft.columns).toEqual({ 0: { type: 'string' } });
  });
  it('says so where nobody tells how far it is or cancels it, until somebody answers', async () => {
    await dropped();
    await imports.start(1);
    host.answers = false;
    await vi.advanceTimersByTimeAsync(3100);
    await imports.cancel(1);
    expect([stateOf(item()), item().lost?.message, item().error?.message]).toEqual(['running', 'Nobody answers.', 'Nobody answers.']);
    host.answers = true;
    await vi.advanceTimersByTimeAsync(3100);
    expect([stateOf(item()), item().lost, item().error]).toEqual(['running', undefined, undefined]);
    await imports.cancel(1);
    host.run = { ...host.run, status: 'cancelled' };
    await vi.advanceTimersByTimeAsync(3100);
    expect(stateOf(item())).toBe('failed');
  });
  it('makes room for the next file where nothing needs a reader', async () => {
    await dropped();
    host.run = { ...host.run, status: 'succeeded' };
    await imports.start(1);
    expect(stateOf(item())).toBe('done');
    imports.add([new File(['b'], 'next.csv')]);
    expect(imports.snapshot().items.map(each => each.label)).toEqual(['next.csv']);
  });
  it('comes back after a reload, with what was typed and the load that goes on', async () => {
    await dropped();
    imports.change(1, { ...item().draft, zone: 'silver' });
    await dropped('two.csv');
    await imports.start(2);
    const again = new Imports(host as unknown as Host);
    await again.ready;
    expect(again.snapshot().items.map(each => [each.label, each.draft.zone, stateOf(each)])).toEqual([
      ['fares.csv', 'silver', 'looking'],
      ['two.csv', undefined, 'running']
    ]);
  });
  it('does not come back where the workspace knows nothing of it, unless something was typed that would be lost', async () => {
    await dropped('loaded.csv');
    await imports.start(1);
    await dropped('untouched.csv');
    await dropped('typed.csv');
    imports.change(3, { ...imports.snapshot().items[2]!.draft, zone: 'silver' }, false);
    const call = host.call;
    const unknown = new WorkbenchError('There is none.', 'not_found');
    host.call = (verb, args, signal) => (verb === 'ingest.preview' || verb === 'runs.get' ? Promise.reject(unknown) : call(verb, args, signal));
    const again = new Imports(host as unknown as Host);
    await again.ready;
    await settled();
    expect(again.snapshot().items.map(each => [each.label, each.error?.code])).toEqual([['typed.csv', 'not_found']]);
    // What is lost while a person looks at it is told.
    await imports.look(2);
    expect(imports.snapshot().items.map(each => [each.label, each.error?.code])).toContainEqual(['untouched.csv', 'not_found']);
  });
  it('is one for all panels of a host', () => {
    const other = { ...host, storage: host.storage } as unknown as Host;
    expect(importsOf(host as unknown as Host)).toBe(importsOf(other));
  });
});
