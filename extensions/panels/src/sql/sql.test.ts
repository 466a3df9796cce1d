import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it, vi } from 'vitest';
import { type Host, WorkbenchError } from '../host.js';
import { type Estimate, type TableData } from '../records.js';
import { move, within } from '../ui/cells.js';
import { arrange, asText, nextSort } from './arrange.js';
import { asKind, draw, rounded, suggest, ticks, tiltedReach } from './chart.js';
import { DuckDB } from './dialect.js';
import { completions } from './editorSetup.js';
import { examples } from './examples.js';
import { highlighted } from './highlight.js';
import { lacksOf, parametersFor, type StepDraft, stepArgs } from './step.js';
import { timeTicks } from './timeAxis.js';
import { inShort, nameAt, offsetAt, offsetOf, parametersOf, parameterValue, pointsBefore, splitStatements, statementAt, writtenValue } from './statements.js';
import { ResultGrid } from './ResultGrid.js';
import { quotedName, saving, unfitForView, writableInWords } from './saving.js';
import { asked, missingOf, onlyOne, type Outcome, paramsOf, stillWritten } from './useStatements.js';
import { costDetails, costLine } from './words.js';

const table = (columns: [string, string][], rows: unknown[][]): TableData => ({ columns, rows, total: rows.length, cut_at: null, run_id: null });

describe('statements of a text', () => {
  it('end at semicolons that stand in no quote and no comment', () => {
    const text = "select ';' as a; -- no; \n/* ; /* ; */ ; */\nselect \"x;y\", $$;$$, $t$;$t$;\n;; -- the end";
    expect(splitStatements(text).map(each => each.sql)).toEqual(["select ';' as a", "-- no; \n/* ; /* ; */ ; */\nselect \"x;y\", $$;$$, $t$;$t$"]);
  });
  it('know their places', () => {
    const text = 'select 1;\n\n  select 2 ; select 3';
    expect(splitStatements(text).map(({ from, to, line }) => [text.slice(from, to), line])).toEqual([
      ['select 1', 1],
      ['select 2', 3],
      ['select 3', 3]
    ]);
    expect(splitStatements('a;b', 10, 4).map(({ from, line }) => [from, line])).toEqual([
      [10, 4],
      [12, 4]
    ]);
  });
  it('are found by the cursor, the one before where it stands between two', () => {
    const text = 'select 1;\n\nselect 2\n\n';
    expect(statementAt(text, 3)?.sql).toBe('select 1');
    expect(statementAt(text, 10)?.sql).toBe('select 1');
    expect(statementAt(text, text.length)?.sql).toBe('select 2');
    expect(statementAt('  -- nothing', 3)).toBeUndefined();
  });
  it('name their parameters outside of quotes', () => {
    expect(parametersOf("select $a, '$b', $a + $größe -- $c\n, $$ $d $$, \"$e\"")).toEqual(['a', 'größe']);
    expect(paramsOf('select $a, $b, $c', { a: '1', b: 'x', c: '', d: '2' })).toEqual({ a: 1, b: 'x' });
    expect([parameterValue('007'), parameterValue('7'), parameterValue('[1]'), parameterValue('true')]).toEqual(['007', 7, [1], true]);
  });
  it('are run anew without what became of them before', () => {
    const before: Outcome = {
      ...{ from: 3, to: 11, line: 2, sql: 'select 1', key: 7, status: 'failed', limit: 10_000, params: { n: 1 }, began: 5, seconds: 1 },
      error: new WorkbenchError('It was stopped.', 'unavailable', null, { stopped: true })
    };
    expect(asked(before, 8)).toEqual({ from: 3, to: 11, line: 2, sql: 'select 1', key: 8, status: 'waiting', limit: 1000, began: 0, seconds: 0 });
  });
  it('are estimated with the values that they would run with, where a text holds one only', () => {
    expect(onlyOne('select $n; -- the end', { n: '2' })).toEqual({ sql: 'select $n', params: { n: 2 } });
    expect([onlyOne('select 1; select 2', {}), onlyOne('-- nothing', {}), onlyOne('select $n', { n: '' })]).toEqual([null, null, null]);
    expect([missingOf([{ sql: 'select $a' }, { sql: 'select $b' }], { a: '1' }), missingOf([{ sql: 'select $a' }], { a: '""' })]).toEqual(['b', undefined]);
  });
  it('are known to be changed since they were explained, by their text or a value', () => {
    const explained = { sql: 'select $n', params: { n: 2 } };
    expect(stillWritten('select 1;\n\nselect $n; -- more', { n: '2', m: '3' }, explained)).toBe(true);
    expect([stillWritten('select $n + 1', { n: '2' }, explained), stillWritten('select $n', { n: '3' }, explained)]).toEqual([false, false]);
    // What was selected within a statement is there as long as its words are.
    expect([stillWritten('select $n + 1', { n: '2' }, explained, true), stillWritten('select $m', { n: '2' }, explained, true)]).toEqual([true, false]);
  });
  it('are named by what they say, not by the comments before it', () => {
    const text = '-- by carrier\n/* a /* b */ */ select carrier,\n  count(*) -- all\nfrom t';
    expect([inShort(text), inShort(text, 16), inShort('select 1', 8)]).toEqual(['select carrier, count(*) -- all from t', 'select carrier,…', 'select 1']);
  });
  it('count characters as Python does where it says so', () => {
    expect(pointsBefore('a😀b', 3)).toBe(2);
    expect(offsetOf('a😀b', 2)).toBe(3);
    expect(offsetAt("select '😀',\n x", 1, 10)).toBe(10);
    expect(offsetAt('select 1\nx', 2, 1)).toBe(9);
    expect(offsetAt('select 1', 5, 1)).toBeNull();
    expect(offsetAt('select 1', undefined, 1)).toBeNull();
  });
  it('has whole names where an error stands', () => {
    const text = 'select t."a b", x+1 from bronze.fligts';
    expect([7, 16, 17, text.indexOf('bronze'), text.length].map(at => nameAt(text, at))).toEqual(['t."a b"', 'x', '+', 'bronze.fligts', '']);
  });
});

describe('rows of a result', () => {
  const columns: [string, string][] = [
    ['n', 'decimal(38,0)'],
    ['t', 'string']
  ];
  const rows = [['10', 'b'], ['9', 'a10'], [null, 'a9'], ['99999999999999999999', null], ['99999999999999999998', 'B']];
  it('are sorted as numbers and as words, NULL last both ways', () => {
    expect(arrange(rows, columns, { column: 0, down: false }, '')).toEqual([1, 0, 4, 3, 2]);
    expect(arrange(rows, columns, { column: 0, down: true }, '')).toEqual([3, 4, 0, 1, 2]);
    expect(arrange(rows, columns, { column: 1, down: false }, '')).toEqual([2, 1, 0, 4, 3]);
  });
  it('are filtered by text in any cell', () => {
    expect(arrange(rows, columns, null, ' B ')).toEqual([0, 4]);
    expect(arrange(rows, columns, null, 'null')).toEqual([]);
  });
  it('are sorted up, down and as they came', () => {
    expect([nextSort(null, 1), nextSort({ column: 1, down: false }, 1), nextSort({ column: 1, down: true }, 1)]).toEqual([
      { column: 1, down: false },
      { column: 1, down: true },
      null
    ]);
  });
  it('are copied as spreadsheets take them', () => {
    expect(asText([['a\tb', null, 1], ['"', { x: 1 }, 'c']])).toBe('"a\tb"\t\t1\n""""\t"{""x"":1}"\tc');
  });
});

describe('the grid', () => {
  it('tells NULL from an empty text, and a masked column by a lock with the mask', () => {
    const data = table([['id', 'long'], ['Mail', 'string']], [[1, ''], [null, 'x']]);
    const nothing = () => undefined;
    const masks = new Map([[1, 'hash']]);
    const html = renderToStaticMarkup(
      createElement(ResultGrid, { data, order: [1, 0], label: 'Result', sort: { column: 0, down: true }, masks, onSort: nothing, onOpen: nothing, say: nothing })
    );
    expect(html).toContain('title="Mail: string, masked (hash). Press to sort."');
    expect(html).toContain('string · masked');
    expect(html).toContain('aria-sort="descending"');
    expect(html.match(/class="wb-null"/g)).toHaveLength(1);
    expect(html).toContain('aria-rowcount="3"');
  });
});

describe('a place in a grid', () => {
  it('is one that there is, also where a filter has taken rows away', () => {
    expect(within({ row: 40, column: 3 }, 2, 5)).toEqual({ row: 1, column: 3 });
    expect(within({ row: 40, column: 3 }, 0, 5)).toEqual({ row: 0, column: 3 });
    expect(within({ row: -1, column: 4 }, 0, 0)).toEqual({ row: 0, column: 0 });
  });
  it('is gone to by keys, as far as there is with Control', () => {
    const at = { row: 5, column: 1 };
    expect(['ArrowDown', 'ArrowUp', 'ArrowRight', 'ArrowLeft', 'PageUp'].map(key => move(key, true, at, 9, 4, 3, Infinity))).toEqual([
      { row: 8, column: 1 },
      { row: 0, column: 1 },
      { row: 5, column: 3 },
      { row: 5, column: 0 },
      { row: 2, column: 1 }
    ]);
    expect(move('ArrowDown', false, at, 0, 4, 3)).toEqual({ row: 0, column: 1 });
  });
  it('is not gone to sideways in a list', () => {
    expect([move('ArrowLeft', true, { row: 1, column: 0 }, 3, 1, 10), move('End', true, { row: 1, column: 0 }, 3, 1, 10)]).toEqual([null, { row: 2, column: 0 }]);
  });
});

describe('what a statement costs', () => {
  it('has no nought where nothing is told', () => {
    const table = { dataset: 'gold.a', snapshot_id: null, files: 1, of_files: 3, rows: null, bytes: null, times: 1 };
    const cost: Estimate = { tables: [table, { ...table, dataset: 'gold.b', files: null }, { ...table, dataset: 'gold.c', rows: 8, times: 4 }], rows: null, bytes: null, seconds: null, based_on: 0, size: 'small', asks: null, advice: [], budget: null };
    expect(costDetails(cost)).toBe('gold.a: 1 of 3 files, – rows, –\ngold.b\ngold.c: 1 of 3 files, 4 times, 8 rows, –');
    expect(costLine(cost)).toBe('small statement');
    const budget = { bytes: 1.2e9, bytes_a_day: 1e10, seconds: null, seconds_a_day: null };
    expect(costLine({ ...cost, budget })).toBe('small statement · 1.2 GB of 10 GB used today');
    expect(costLine({ ...cost, budget: { ...budget, bytes_a_day: null, seconds: 12, seconds_a_day: 3600 } })).toBe('small statement · 12 s of 3,600 s used today');
  });
});

describe('a quick chart', () => {
  it('suits the types', () => {
    expect(suggest(table([['day', 'date'], ['n', 'long']], []))?.kind).toBe('line');
    expect(suggest(table([['day', 'date'], ['n', 'long']], [['2013-01-01', 1], ['2013-01-01', 2]]))?.kind).toBe('scatter');
    expect(suggest(table([['name', 'string'], ['n', 'long']], []))?.kind).toBe('bar');
    expect(suggest(table([['n', 'double']], []))?.kind).toBe('histogram');
    expect(suggest(table([['a', 'double'], ['b', 'double']], [[1, 2], [1, 3]]))?.kind).toBe('scatter');
    expect(suggest(table([['name', 'string']], []))).toBeNull();
  });
  it('measures what can be added up, not what says which one or when', () => {
    const flights = table([['year', 'long'], ['carrier', 'string'], ['flight_id', 'long'], ['air_time', 'double'], ['distance', 'double'], ['hour', 'int'], ['planeId', 'int']], []);
    expect(suggest(flights)).toEqual({ kind: 'bar', x: 1, y: 4 });
    expect(suggest(table([['id', 'long'], ['paid', 'double']], [[1, 2], [2, 3]]))).toEqual({ kind: 'bar', x: 0, y: 1 });
    expect(suggest(table([['a', 'double'], ['b', 'double'], ['id', 'long']], [[1, 2, 1], [1, 3, 2]]))).toEqual({ kind: 'scatter', x: 0, y: 1 });
    expect(suggest(table([['order_id', 'long']], []))).toEqual({ kind: 'histogram', x: 0, y: 0 });
  });
  it('says what it has added up and left out', () => {
    const data = table([['k', 'string'], ['n', 'decimal(9,2)']], [['a', '1.5'], ['b', '2'], ['a', '3'], ['c', null]]);
    const drawn = draw(data, { kind: 'bar', x: 0, y: 1 });
    expect(drawn.marks.map(mark => mark.y)).toEqual([4.5, 2]);
    expect(drawn.note).toBe('Sum of n by k. 1 row without a number left out.');
    const many = table([['k', 'string'], ['n', 'long']], Array.from({ length: 60 }, (_, i) => [`k${i}`, i]));
    expect(draw(many, { kind: 'bar', x: 0, y: 1 }).note).toContain('The 40 largest of 60 values.');
  });
  it('makes a histogram of the numbers that bars had beside names', () => {
    const data = table([['region', 'string'], ['n', 'long']], []);
    const bars = suggest(data)!;
    expect(asKind(data, bars, 'histogram')).toEqual({ kind: 'histogram', x: 1, y: 1 });
    expect(asKind(data, bars, 'line')).toEqual({ kind: 'line', x: 0, y: 1 });
  });
  it('puts every value of a histogram into one bin', () => {
    const data = table([['n', 'long']], Array.from({ length: 100 }, (_, i) => [i]));
    const { marks } = draw(data, { kind: 'histogram', x: 0, y: 0 });
    expect(marks.reduce((sum, mark) => sum + mark.y, 0)).toBe(100);
  });
  it('has a line over time in order', () => {
    const data = table([['day', 'date'], ['n', 'long']], [['2026-01-02', 1], ['2026-01-01', 2], ['Infinity', 3]]);
    const drawn = draw(data, { kind: 'line', x: 0, y: 1 });
    expect(drawn.marks.map(mark => mark.y)).toEqual([2, 1]);
    expect(drawn.note).toBe('1 row that cannot be placed left out.');
  });
  it('has round numbers at its axis', () => {
    expect(ticks([0, 58_665])).toEqual([0, 20_000, 40_000]);
    expect(rounded([0, 58_665])).toEqual([0, 60_000]);
    expect(rounded([-3, 4.2])).toEqual([-4, 6]);
  });
});

describe('names below bars', () => {
  it('are within the drawing when they are tilted, the first of them too', () => {
    const width = 628;
    const names = Array.from({ length: 31 }, () => '2013-01-01 00:00:…');
    const margin = tiltedReach(names, width);
    names.forEach((name, i) => {
      const ends = margin + ((i + 0.5) / names.length) * (width - margin);
      expect(ends - name.length * 7 * Math.cos((40 * Math.PI) / 180)).toBeGreaterThanOrEqual(0);
    });
    expect(margin).toBeLessThan(100);
    // Short ones, and those of wide bars, want no more than there is.
    expect(tiltedReach(['AA', 'B6'], width)).toBeLessThan(0);
  });
});

describe('an axis of time', () => {
  const words = (low: string, high: string, wanted: number, clock = false) =>
    timeTicks([Date.parse(`${low}Z`), Date.parse(`${high}Z`)], wanted, clock).map(each => (each.under ? `${each.label} / ${each.under}` : each.label));
  it('has marks at whole units, and says the larger unit where it changes', () => {
    expect(words('2026-01-01T05:00', '2026-01-04T00:00', 3)).toEqual(['Jan 2 / 2026', 'Jan 3', 'Jan 4']);
    expect(words('2025-12-31T20:30', '2026-01-01T03:10', 7)).toEqual(['21:00 / Dec 31, 2025', '22:00', '23:00', '00:00 / Jan 1, 2026', '01:00', '02:00', '03:00']);
    expect(words('2025-11-20T00:00', '2026-02-10T00:00', 3)).toEqual(['Dec / 2025', 'Jan / 2026', 'Feb']);
    expect(words('1950-05-01T00:00', '2026-01-01T00:00', 8)).toEqual(['1960', '1970', '1980', '1990', '2000', '2010', '2020']);
    expect(words('1970-01-01T06:00:10', '1970-01-01T06:00:40', 3, true)).toEqual(['06:00:10', '06:00:20', '06:00:30', '06:00:40']);
  });
  it('has neither too many nor none of them, however long it is', () => {
    const low = Date.parse('2013-01-05T03:07:11.123Z');
    for (let length = 2000; length < 3e13; length *= 1.7) {
      const marks = timeTicks([low, low + length], 6);
      expect(marks.length, `${length}`).toBeGreaterThan(0);
      expect(marks.length, `${length}`).toBeLessThan(13);
      expect(new Set(marks.map(each => each.at)).size).toBe(marks.length);
    }
  });
});

describe('a step of a pipeline', () => {
  const draft: StepDraft = { pipeline: 'flights', fresh: '', step: 'late', output: null, mode: 'upsert', keys: 'id, day', needs: null, defaults: { n: '3', t: '007' }, replace: false };
  const pipeline = { name: 'flights', description: '', folder: 'x', steps: [], parameters: [{ name: 'month', type: 'int', default: 6 }] } as never;
  it('takes what the statement names as parameters, those that the pipeline lacks with a default', () => {
    const { known, lacking } = parametersFor('select $month, $n, $t', pipeline);
    expect([known.map(each => each.name), lacking]).toEqual([['month'], ['n', 't']]);
    expect(stepArgs(draft, 'select 1', 'silver.late', lacking)).toEqual({
      ...{ name: 'flights', step: 'late', sql: 'select 1', output: 'silver.late', mode: 'upsert' },
      ...{ keys: ['id', 'day'], params: { n: 3, t: '007' } }
    });
    expect(stepArgs({ ...draft, needs: ['clean'] }, 'delete from silver.a', '', [])).toEqual({ name: 'flights', step: 'late', sql: 'delete from silver.a', needs: ['clean'] });
    expect(lacksOf(draft, pipeline, ['m'])).toBe('Give $m a default: a run that says nothing else takes it.');
    expect([lacksOf(draft, pipeline, ['n']), lacksOf({ ...draft, step: ' ' }, pipeline, [])]).toEqual(['', 'Name the step.']);
  });
  it('is shown with its values in the places of its parameters', () => {
    const parts = highlighted("select $n -- $n\nwhere t = '$n' and d = $d", DuckDB, { n: 6, d: "it's" });
    expect(parts.map(each => each.text).join('')).toBe("select 6 -- $n\nwhere t = '$n' and d = 'it''s'");
    expect(parts.filter(each => each.name).map(each => each.name)).toEqual(['n', 'd']);
    expect(parts.find(each => each.text === 'select')?.className).toBe('wb-code-keyword');
    for (const value of ['007', '7', 'true', 'x', '']) {
      expect(parameterValue(writtenValue(value))).toBe(value);
    }
  });
});

describe('a statement that is kept', () => {
  it('is kept where one may write', () => {
    const nothing = { proposed: null, problem: null, fix: null, taken: null, in_part: false };
    expect(writableInWords({ ...nothing, zones: ['silver', 'gold'], others: ['mine.team_*'] })).toBe('You may write to silver.*, gold.* and mine.team_*.');
    expect([unfitForView('select 1'), unfitForView('select $n').slice(0, 20)]).toEqual(['', 'A view takes no valu']);
  });
  it('has a name that is quoted where it must be', () => {
    expect(saving('table', 'silver.late', 'select 1')).toBe('create table silver.late as\nselect 1');
    expect(quotedName('silver.a "b"')).toBe('silver."a ""b"""');
  });
});

describe('words that fit', () => {
  it('are asked for with the statement at the cursor and put in the place of what is written', async () => {
    const call = vi.fn().mockResolvedValue([{ text: 'carrier', kind: 'column', detail: 'string', start: 7, end: 9 }]);
    const found = await completions({ call } as unknown as Host, 'select 1;\nselect ca from t', 19, new AbortController().signal);
    expect(call.mock.calls[0]!.slice(0, 2)).toEqual(['query.complete', { sql: 'select ca from t', position: 9 }]);
    expect([found?.from, found?.to]).toEqual([17, 19]);
    expect(found?.options[0]).toMatchObject({ label: 'carrier', detail: 'string' });
  });
  it('are none where they cannot be had', async () => {
    const call = vi.fn().mockRejectedValue(new Error('down'));
    expect(await completions({ call } as unknown as Host, 'sel', 3, new AbortController().signal)).toBeNull();
  });
  it('stay in the order in which they came, however many they are', async () => {
    const words = Array.from({ length: 250 }, (_, i) => ({ text: `t${i}`, kind: i < 249 ? 'column' : 'function', detail: '', start: 7, end: 8 }));
    const found = await completions({ call: vi.fn().mockResolvedValue(words) } as unknown as Host, 'select t from t', 8, new AbortController().signal);
    const boosts = found!.options.map(option => option.boost!);
    expect(boosts.every((boost, i) => Math.abs(boost) <= 99 && (i === 0 || boost < boosts[i - 1]!))).toBe(true);
  });
});

describe('examples', () => {
  const dataset = (name: string, rows: number) => ({ kind: 'dataset', name, datasets: 1, dataset: { rows } });
  const zone = (name: string, datasets: number) => ({ kind: 'zone', name, datasets, dataset: null });
  const word = (text: string, detail: string) => ({ text, kind: 'column', detail, start: 7, end: 7 });
  const host = (levels: Record<string, unknown[]>) =>
    ({
      call: vi.fn(async (verb: string, args: { zone?: string }) =>
        verb === 'catalog.tree' ? { nodes: levels[args.zone ?? ''] } : [word('id', 'long'), word('city', 'string'), word('age', 'long'), word('year', 'long')]
      )
    }) as unknown as Host;
  it('are of the largest dataset of the most refined zone that holds one, with a mean of what can be added up', async () => {
    const found = await examples(host({ '': [zone('bronze', 2), zone('gold', 0), zone('silver', 2)], silver: [dataset('codes', 16), dataset('the people', 337)] }));
    expect(found).toEqual([
      'select *\nfrom silver."the people"\nlimit 100',
      'select city, count(*) as n, avg(age) as mean\nfrom silver."the people"\ngroup by all\norder by n desc',
      'summarize silver."the people"'
    ]);
  });
  it('are none where there is nothing', async () => {
    const call = vi.fn(async (verb: string) => (verb === 'catalog.tree' ? { nodes: [] } : []));
    expect(await examples({ call } as unknown as Host)).toEqual([]);
  });
});
