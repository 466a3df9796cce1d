import { describe, expect, it } from 'vitest';
import { type Parameter, type Run } from '../records.js';
import { cellsOf } from './cells.js';
import { nextTo } from './graphKeys.js';
import { barsOf, brokenOf, lastRuns, pushedOut, SQUARES, ticks } from './history.js';
import { entriesOf } from './log.js';
import { changedBy, othersOf, planOf, repairsOf, valuesOf } from './repair.js';

const run = (change: Partial<Run>): Run => ({
  id: '1',
  kind: 'pipeline',
  job: 'flights',
  status: 'succeeded',
  principal: 'ada',
  queued_at: null,
  started_at: null,
  ended_at: null,
  params: {},
  inputs: [],
  outputs: [],
  metrics: {},
  attributes: {},
  error: null,
  parent_id: null,
  ...change
});
const at = (second: number) => new Date(second * 1000).toISOString();

describe('the last runs', () => {
  it('are those of each pipeline, oldest first, and so many', () => {
    const runs = Array.from({ length: 20 }, (_, i) => run({ id: String(20 - i), job: i % 2 ? 'a' : 'b' }));
    const last = lastRuns([run({ kind: 'sql', job: 'a' }), ...runs]);
    expect(last.get('a')).toHaveLength(SQUARES);
    expect(last.get('b')!.map(each => Number(each.id))).toEqual([6, 8, 10, 12, 14, 16, 18, 20]);
  });
});

describe('a step in time', () => {
  it('has waited, failed, waited again, and run', () => {
    const step = run({ kind: 'step', started_at: at(2), ended_at: at(12), attributes: { attempts: [{ error: { message: 'no' }, ended: at(5) }], retry_at: at(8) } });
    expect(barsOf(step, 0, 99_000).map(bar => [bar.kind, bar.from / 1000, bar.to / 1000])).toEqual([
      ['waiting', 0, 2],
      ['failed', 2, 5],
      ['waiting', 5, 8],
      ['succeeded', 8, 12]
    ]);
  });
  it('goes on until now while it waits or runs, and is nothing where it never began', () => {
    expect(barsOf(run({ status: 'queued' }), 0, 4000).map(bar => bar.words)).toEqual(['waiting for 4.0 s']);
    expect(barsOf(run({ status: 'running', started_at: at(1) }), 1000, 4000)[0]!.to).toBe(4000);
    expect(barsOf(run({ status: 'skipped' }), 0, 4000)).toEqual([]);
  });
  it('is marked by round seconds', () => {
    expect(ticks(12)).toEqual([0, 2, 4, 6, 8, 10, 12]);
    expect(ticks(4000).length).toBeLessThan(8);
  });
});

it('a broken pipeline says what is wrong', () => {
  const broken = { description: 'Broken: steps are missing.', steps: [] };
  expect(brokenOf(broken)).toBe('steps are missing.');
  expect(brokenOf({ ...broken, description: 'Nothing yet' })).toBeNull();
});

it('shows of a notebook text and pictures, and nothing that runs as a program', () => {
  const outputs = [
    { output_type: 'stream', text: ['a\n', '\u001b[31mb\u001b[0m'] },
    { output_type: 'display_data', data: { 'text/html': '<script>alert(1)</script>', 'text/plain': 'a table' } },
    { output_type: 'display_data', data: { 'image/png': 'iVBOR"><script>', 'text/plain': '<Figure>' } },
    { output_type: 'error', traceback: ['no'] }
  ];
  const [cell] = cellsOf({ cells: [{ cell_type: 'code', source: ['x = ', '1'], execution_count: 1, outputs }] });
  expect(cell!.source).toBe('x = 1');
  expect(cell!.outputs).toEqual([
    { kind: 'text', text: 'a\nb' },
    { kind: 'text', text: 'a table' },
    { kind: 'text', text: '<Figure>' },
    { kind: 'error', text: 'no' }
  ]);
});

it('knows which pipelines have no room among the newest runs of all', () => {
  const many = Array.from({ length: 100 }, (_, i) => run({ id: String(i), job: 'often' }));
  expect(pushedOut(['often', 'nightly'], many, 100)).toEqual(['nightly']);
  expect(pushedOut(['often', 'nightly'], many.slice(1), 100)).toEqual([]);
});

it('shows the beginning and the end of what a cell has printed without end', () => {
  const text = `first${'x'.repeat(1_000_000)}last`;
  const [cell] = cellsOf({ cells: [{ cell_type: 'code', source: '', outputs: [{ output_type: 'stream', text }] }] });
  const shown = (cell!.outputs[0] as { text: string }).text;
  expect(shown.length).toBeLessThan(201_000);
  expect(shown.startsWith('first') && shown.endsWith('last')).toBe(true);
  expect(shown).toContain('800,009 characters are left out here');
});

it('says what the events of a step say, and leaves the others out', () => {
  const event = (seq: number, type: string, body: Record<string, unknown>) => ({ seq, id: String(seq), run_id: '1', type, at: at(seq), schema_version: 2, body });
  const entries = entriesOf(run({ kind: 'step', job: 'flights.clean', attributes: { step: 'clean' } }), [
    event(1, 'run.wrote', { name: 'silver.flights', rows: 2 }),
    event(2, 'run.attributes', { attributes: { step: 'clean' } }),
    event(3, 'run.failed', { error: { code: 'x', message: 'It broke.', fix: null } })
  ]);
  expect(entries.map(({ who, words, bad }) => [who, words, bad])).toEqual([
    ['clean', 'wrote 2 rows of silver.flights', false],
    ['clean', 'failed: It broke.', true]
  ]);
});

describe('a repair', () => {
  const plan = { steps: ['flaky', 'last'], kept: ['first'], anew: [], publishes: true, parameters: [], params: {} };
  it('says what runs again, what needs it, and what stays', () => {
    expect(planOf(plan, null)).toBe('flaky and last run again. first stays as it is.');
    expect(planOf({ ...plan, anew: ['flaky'] }, ['flaky'])).toBe(
      'flaky runs again, and last after it, which needs it. What flaky has written is made anew in its place. first stays as it is.'
    );
    expect(planOf({ ...plan, steps: ['a', 'b', 'c'], kept: [] }, ['a'])).toBe('a runs again, and b and c after it, which need it.');
    expect(planOf({ ...plan, steps: ['a'], kept: [], anew: ['a'], publishes: false }, null)).toBe('a runs again. What a has written is published and stays: rows appended anew stand beside it.');
    expect(planOf({ ...plan, steps: [], kept: ['a', 'b'] }, null)).toBe('No step runs again: what the run has written is published.');
  });
  it('has the values of the run, and sends what was changed', () => {
    const parameter = (name: string, type: Parameter['type']): Parameter => ({ name, type, default: null, required: false, description: '', choices: [], minimum: null, maximum: null });
    const asked = { parameters: [parameter('n', 'int'), parameter('word', 'str'), parameter('on', 'bool')], params: { n: 7, on: true } };
    expect(valuesOf(asked, {})).toEqual({ n: '7', word: '', on: true });
    expect(valuesOf(asked, { n: '8', gone: 'x' })).toEqual({ n: '8', word: '', on: true });
    expect(othersOf(asked, { n: '7', word: 'a', on: false })).toEqual({ word: 'a', on: false });
    expect(othersOf(asked, { n: '', word: '' })).toEqual({ n: null });
  });
  it('is kept with what it changed', () => {
    const repair = { number: 1, by: 'ada', at: at(1), source: 'pinned', steps: ['a'], params: { n: 2, m: [1] }, before: { status: 'failed', params: { n: 1, m: [1] } } } as const;
    expect(repairsOf(run({ attributes: { repairs: [repair] } })).map(each => changedBy(each))).toEqual([[['n', 2]]]);
    expect(repairsOf(run({}))).toEqual([]);
  });
});

it('the arrow keys lead to the step that stands nearest there', () => {
  const nodes = new Map([
    ['a', { x: 0, y: 40 }],
    ['b', { x: 200, y: 0 }],
    ['c', { x: 200, y: 80 }],
    ['d', { x: 400, y: 40 }]
  ]);
  expect(['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp'].map(key => nextTo({ nodes }, 'b', key as 'ArrowUp'))).toEqual(['d', 'c', 'a', undefined]);
});
