import { describe, expect, it } from 'vitest';
import { type Parameter, type Run } from '../records.js';
import { draftOf, isOpenSession, listed, paramsOf, sourceOf, took, wroteOf } from './params.js';

const parameter = (name: string, type: Parameter['type'], value: unknown): Parameter => ({
  name,
  type,
  default: value,
  required: false,
  description: '',
  choices: [],
  minimum: null,
  maximum: null
});
const run = (id: string, kind: string, more: Partial<Run> = {}): Run => ({ id, kind, status: 'succeeded', ...more }) as Run;

describe('a pipeline\'s form', () => {
  const asked = [parameter('month', 'int', 1), parameter('share', 'float', 0.5), parameter('dry', 'bool', true), parameter('note', 'str', null)];
  it('begins with the defaults and sends numbers as numbers', () => {
    expect(draftOf(asked)).toEqual({ month: '1', share: '0.5', dry: true, note: '' });
    expect(paramsOf(asked, { ...draftOf(asked), month: '6' })).toEqual({ month: 6, share: 0.5, dry: true });
  });
  it('leaves what is no number to the server\'s words', () => {
    expect(paramsOf(asked, { month: 'June' })).toEqual({ month: 'June' });
  });
});

describe('the list of runs', () => {
  it('shows each once, newest first, without queries and steps', () => {
    const lists = [[run('3', 'sql'), run('2', 'pipeline'), run('1', 'step')], [run('2', 'pipeline'), run('0', 'ingest')]];
    expect(listed(lists, false).map(r => r.id)).toEqual(['2', '0']);
    expect(listed(lists, true).map(r => r.id)).toEqual(['3', '2', '1', '0']);
  });
  it('tells a notebook that is open from work that goes on', () => {
    const attributes = { interactive: true };
    expect(isOpenSession(run('1', 'notebook', { status: 'running', attributes }))).toBe(true);
    expect(isOpenSession(run('1', 'notebook', { status: 'succeeded', attributes }))).toBe(false);
    expect(isOpenSession(run('1', 'pipeline', { status: 'running', attributes: {} }))).toBe(false);
  });
  it('counts on while a run goes', () => {
    const started_at = '2026-01-01T00:00:00Z';
    expect(took(run('1', 'x', { started_at, ended_at: '2026-01-01T00:00:02Z' }))).toBe(2);
    expect(took(run('1', 'x', { started_at, ended_at: null, status: 'running' }), Date.parse(started_at) + 5000)).toBe(5);
    expect(took(run('1', 'x', { started_at: null }))).toBeNull();
    expect(took(run('1', 'x', { started_at, ended_at: null, status: 'succeeded' }))).toBeNull();
  });
});

describe('a step of SQL', () => {
  it('has its text in a notebook, and wrote each dataset once, with the rows of all its writes', () => {
    expect([sourceOf({ cells: [{ source: ['select 1\n', 'from t'] }] }), sourceOf({ cells: [{ source: 'x' }] }), sourceOf({})]).toEqual(['select 1\nfrom t', 'x', '']);
    const outputs = [['a', 2], ['b', null], ['a', 3]].map(([name, rows]) => ({ name, rows })) as never;
    expect(wroteOf(run('1', 'step', { outputs }))).toEqual([{ name: 'a', rows: 5 }, { name: 'b', rows: null }]);
  });
});
