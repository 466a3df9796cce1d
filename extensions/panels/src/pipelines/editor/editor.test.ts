import { describe, expect, it } from 'vitest';
import { type DraftStep, type PipelineDraft } from '../../records/drafts.js';
import { kindChanged, needing, paramsOf, problemsIn, reaches, resourcesIn, said, setOrNot, shown, stepFor, valueOf } from './fields.js';

const step = (name: string, needs: string[] = [], entry: Record<string, unknown> = {}): DraftStep => ({ name, kind: 'notebook', file: `${name}.ipynb`, needs, entry: { name, ...entry }, takes: [] });
const steps = [step('clean'), step('join', ['clean']), step('tell', ['join'])];
const draft = { steps, problems: [], files: ['a.ipynb', 'daily.sql'] } as unknown as PipelineDraft;

describe('a pipeline’s forms', () => {
  it('write what a person means by the type of the parameter', () => {
    expect([valueOf('7', 'int'), valueOf('7', 'str'), valueOf('7', null), valueOf('seven', 'int'), valueOf('{{ clean.rows }}', 'int')]).toEqual([7, '7', 7, 'seven', '{{ clean.rows }}']);
    expect(resourcesIn('gpu=1 memory=8GB')).toEqual({ gpu: 1, memory: '8GB' });
    expect([shown(['a', 'b']), shown({ runs: 1 }), shown(undefined), shown(false)]).toEqual(['a, b', '{"runs":1}', '', 'false']);
    expect([setOrNot(['owner'], ''), setOrNot(['tags'], ['a'])]).toEqual([
      { do: 'unset', at: ['owner'] },
      { do: 'set', at: ['tags'], value: ['a'] }
    ]);
  });

  it('say a problem where it is, once each', () => {
    const problems = [
      { field: 'steps[0].params.month', message: 'steps[0].params.month is not in clean.ipynb.', fix: null, line: 4 },
      { field: 'steps[0]', message: 'steps[0] is wrong.', fix: null, line: 1 },
      { field: 'steps[10].name', message: 'steps[10].name is wrong.', fix: null, line: 1 }
    ];
    expect([...problemsIn(problems, 'steps[0]').keys()]).toEqual(['params.month', '']);
    expect(said(problems[0]!)).toBe('params.month is not in clean.ipynb.');
  });

  it('know what would be a circle, and what a line leaves', () => {
    expect([reaches(steps, 'tell', 'clean'), reaches(steps, 'clean', 'tell')]).toEqual([true, false]);
    expect(needing(draft, 'tell', 'clean', true)).toEqual([{ do: 'set', at: ['steps', 'tell', 'needs'], value: ['join', 'clean'] }]);
    expect(needing(draft, 'tell', 'join', false).map(({ do: what, at }) => [what, at.at(-1)])).toEqual([
      ['unset', 'needs'],
      ['unset', 'when']
    ]);
  });

  it('make a step of a file, and another kind of one, without what only the old kind has', () => {
    expect(stepFor('sub/daily.sql', ['join']).value).toEqual({ sql: 'sub/daily.sql', needs: ['join'] });
    expect(stepFor('report.py', []).value).toEqual({ function: 'report.py:report' });
    const sql: DraftStep = { ...step('daily', [], { sql: 'daily.sql', output: 'gold.daily', mode: 'append' }), kind: 'sql' };
    expect(kindChanged(sql, 'notebook', draft.files)).toEqual([
      { do: 'set', at: ['steps', 'daily', 'notebook'], value: 'a.ipynb' },
      ...['sql', 'output', 'mode'].map(key => ({ do: 'unset', at: ['steps', 'daily', key] }))
    ]);
    expect(paramsOf({ ...step('a', [], { params: { n: 1, more: 2 } }), takes: [{ name: 'n', type: 'int', default: '1' }] }).map(each => each.name)).toEqual(['n', 'more']);
  });
});
