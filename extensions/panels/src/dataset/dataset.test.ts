import { describe, expect, it } from 'vitest';
import { percent, score } from '../format.js';
import { type ColumnProfile, type Expectation, type Misfit, type TimePoint } from '../records.js';
import { blocks, inline } from '../ui/blocks.js';
import { concerns } from './concerns.js';
import { move } from '../ui/cells.js';
import { afterSaving, cellText, correctionsOf, edited, gridColumns, isWrong, keptEdits, refusals, whyWrong } from './corrections.js';
import { EMPTY_EXPECTATION, expectationOf, expectationWords } from './expectation.js';
import { bars, distinctWords, dots, rangeWords, semanticWords } from './figures.js';

const misfit = (id: string, row: Misfit['row'], more: Partial<Misfit> = {}): Misfit =>
  ({ id, row, record: Number(id), column: 'fare', value: row.fare ?? null, reason: 'is no number', ...more }) as Misfit;
const TWO = [misfit('1', { carrier: 'AA', fare: 'abt 12' }), misfit('2', { carrier: 'UA', fare: '1O' })];

describe('what was set aside', () => {
  it('marks what was typed, and forgets an edit that is again what it was', () => {
    const once = edited({}, TWO[0]!, 'fare', '12');
    expect(once).toEqual({ 1: { fare: '12' } });
    expect(cellText(TWO[0]!, once, 'fare')).toBe('12');
    expect(cellText(TWO[0]!, once, 'carrier')).toBe('AA');
    expect(edited(once, TWO[0]!, 'fare', 'abt 12')).toEqual({});
    expect(edited(once, TWO[0]!, 'carrier', '')).toEqual({ 1: { fare: '12', carrier: null } });
    expect(edited(once, TWO[0]!, 'fare', '12')).toBe(once);
  });
  it('says of each cell why it does not fit, of the first in the newest words', () => {
    const odd = misfit('3', { fare: 'abt 12', day: '31.02.' }, { wrong: { fare: 'is no number', day: 'is no date' } });
    expect(['fare', 'day', 'carrier'].map(column => whyWrong(odd, column))).toEqual(['is no number', 'is no date', undefined]);
    const left = { ...odd, ...refusals([{ ...odd, reason: 'is below 0' }])['3'] };
    expect(whyWrong(left, 'fare')).toBe('is below 0');
  });
  it('sends whole rows, of the changed ones only', () => {
    expect(correctionsOf(TWO, { 2: { fare: '10' } }, ['carrier', 'fare', 'day'])).toEqual([
      { id: '2', row: { carrier: 'UA', fare: '10', day: null } }
    ]);
  });
  it('keeps what still does not fit, with its new reason and what was typed', () => {
    const edits = { 1: { fare: 'twelve' }, 2: { fare: '10' } };
    const sent = correctionsOf(TWO, edits, ['carrier', 'fare']);
    const failed = [misfit('1', { carrier: 'AA', fare: 'twelve' }, { value: 'twelve', reason: 'twelve is no number' })];
    const left = afterSaving(TWO, sent, failed).map(each => ({ ...each, ...refusals(failed)[each.id] }));
    expect(left.map(each => [each.id, each.reason, each.row.fare])).toEqual([['1', 'twelve is no number', 'abt 12']]);
    expect(keptEdits(edits, left)).toEqual({ 1: { fare: 'twelve' } });
    expect([left[0]!, TWO[0]!].map(each => isWrong(each, edits, 'fare'))).toEqual([true, false]);
    expect(afterSaving(TWO, [{ id: '2', row: {} }], [])).toEqual([TWO[0]]);
  });
  it('shows the dataset\'s columns, and what else the records brought', () => {
    expect(gridColumns(['fare', 'carrier'], [misfit('1', { carrier: 'x', extra: 'y' })])).toEqual(['fare', 'carrier', 'extra']);
  });
  it('moves by keys within its bounds', () => {
    const at = { row: 1, column: 0 };
    expect(move('ArrowLeft', false, at, 3, 2, 10)).toEqual({ row: 1, column: 0 });
    expect(move('PageDown', false, at, 3, 2, 10)).toEqual({ row: 2, column: 0 });
    expect(move('End', true, at, 3, 2, 10)).toEqual({ row: 2, column: 1 });
    expect(move('a', false, at, 3, 2, 10)).toBeNull();
  });
});

describe('expectations', () => {
  it('sends only the fields of the kind, numbers as numbers', () => {
    expect(expectationOf({ ...EMPTY_EXPECTATION, kind: 'in_range', column: 'fare', low: '0', high: ' 99.5 ', pattern: 'left over', share: '95' })).toEqual({
      kind: 'in_range',
      severity: 'warn',
      column: 'fare',
      low: 0,
      high: 99.5,
      share: 0.95
    });
    expect(expectationOf({ ...EMPTY_EXPECTATION, kind: 'in_set', column: 'zip', values: '007, AA, 12' }).values).toEqual(['007', 'AA', 12]);
    expect(expectationOf({ ...EMPTY_EXPECTATION, kind: 'unique', column: 'a, b' })).toMatchObject({ columns: ['a', 'b'] });
  });
  it('are said in words', () => {
    const base = { column: 'fare', columns: [], low: 0, high: null, values: [], share: 0.99 } as unknown as Expectation;
    expect(expectationWords({ ...base, kind: 'in_range' })).toBe('fare is at least 0 in at least 99.0 % of the rows');
    expect(expectationWords({ ...base, kind: 'unique', column: null, columns: ['a', 'b'], share: 1 })).toBe('a with b is different in each row');
    expect([1, 2].map(low => expectationWords({ ...base, kind: 'row_count', low }))).toEqual(['there is at least 1 row', 'there are at least 2 rows']);
  });
});

describe('figures', () => {
  const column = (more: Partial<ColumnProfile>) => ({ rows: 100, nulls: 0, distinct: 5, distinct_exact: true, min: null, max: null, min_length: null, max_length: null, semantic: null, ...more }) as ColumnProfile;
  it('never say all of something that is not all', () => {
    expect([0, 1, 0.9996, 0.00001, 0.0283].map(percent)).toEqual(['0 %', '100 %', '99.9 %', '< 0.1 %', '2.8 %']);
    expect([1, 0.9999, 0.9571].map(score)).toEqual(['1.00', '0.99', '0.96']);
  });
  it('say what is an estimate, and what is all different', () => {
    expect(distinctWords(column({ distinct: 100 }))).toBe('all different');
    expect(distinctWords(column({ distinct: 26115, distinct_exact: false }))).toBe('about 26.1 k');
  });
  it('tell a range in short: of times without zeros, of nested values by their length', () => {
    expect(rangeWords(column({ min: '2013-01-01T00:00:00.000000Z', max: '2013-12-31T23:00:00.000000Z' }))).toBe('2013-01-01 to 2013-12-31 23:00:00Z');
    expect(rangeWords(column({ min_length: 2, max_length: 9 }))).toBe('2 to 9 long');
    expect(semanticWords(column({ semantic: { name: 'country_code', matched: 99, checked: 100, hinted: false } }))).toBe('country code (99.0 %)');
  });
  it('draw a bar of at least one pixel for what is there, none for what is not', () => {
    const drawn = bars([{ low: 0, high: 1, count: 10000 }, { low: 1, high: 2, count: 1 }, { low: 2, high: 3, count: 0 }], 90, 20);
    expect(drawn.map(bar => bar.height)).toEqual([20, 1, 0]);
    expect(drawn.map(bar => bar.x)).toEqual([0, 30, 60]);
  });
  it('draw a time series by its times, without points that have no score', () => {
    const points = [['2026-01-01', 1], ['2026-01-02', null], ['2026-01-03', 0.5]].map(([at, value]) => ({ at, score: value }) as unknown as TimePoint);
    expect(dots(points, 100, 10, point => point.score).map(dot => [dot.x, dot.y])).toEqual([[0, 0], [100, 5]]);
  });
});

describe('Markdown', () => {
  it('reads what a description needs', () => {
    const found = blocks('# Flights\n\nAll *of* **2013**,\nsee [docs](https://example.org).\n\n- one\n- two\n  more\n\n```\na < b\n```');
    expect(found.map(block => block.kind)).toEqual(['heading', 'paragraph', 'list', 'code']);
    expect(found[2]).toEqual({ kind: 'list', ordered: false, items: [[{ kind: 'text', text: 'one' }], [{ kind: 'text', text: 'two more' }]] });
    expect(found[3]).toEqual({ kind: 'code', text: 'a < b' });
  });
  it('leaves HTML and links that would run as text', () => {
    expect(inline('<b>x</b> [y](javascript:alert)')).toEqual([
      { kind: 'text', text: '<b>x</b> ' },
      { kind: 'text', text: '[y](javascript:alert)' }
    ]);
  });
  it('leaves the underscores of column names alone', () => {
    expect(inline('dep_time_utc')).toEqual([{ kind: 'text', text: 'dep_time_utc' }]);
  });
  it('ends, whatever it is given', () => {
    for (const text of ['', '```', '> \n>', '# ', '***', '- ', '1.', '[a](', '**', '\n\n\n', '_'.repeat(5000)]) {
      expect(Array.isArray(blocks(text))).toBe(true);
    }
  });
});

describe('events', () => {
  it('concern a page where they name its dataset', () => {
    const event = (type: string, body: object) => ({ type, body }) as Parameters<typeof concerns>[0];
    expect(concerns(event('run.wrote', { name: 'a.b' }), 'a.b')).toBe(true);
    expect(concerns(event('run.wrote', { name: 'a.c' }), 'a.b')).toBe(false);
    expect(concerns(event('run.read', { name: 'a.b' }), 'a.b')).toBe(false);
    expect(concerns(event('policy.applied', { version: 2 }), 'a.b')).toBe(true);
    expect(concerns(event('access.changed', {}), 'a.b')).toBe(true);
  });
});
