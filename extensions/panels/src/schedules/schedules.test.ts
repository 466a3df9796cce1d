import { describe, expect, it } from 'vitest';
import { type Parameter, type Schedule } from '../records.js';
import { hunksOf } from '../ui/changes.js';
import { draftOf, factsOf, freeName, inZone, newDraft, paramsOfLines, spanOf } from './draft.js';

const parameter = (name: string, type: Parameter['type']): Parameter => ({ name, type, default: null, required: false, description: '', choices: [], minimum: null, maximum: null });
const PARAMETERS = [parameter('n', 'int'), parameter('day', 'date'), parameter('deep', 'bool'), parameter('word', 'str')];

const kept = (definition: Partial<Schedule['definition']>): Schedule => ({
  id: 'x',
  name: 'nightly',
  pipeline: 'flights',
  definition: { cron: null, on: null, timezone: 'UTC', params: {}, misfire: 'all', misfire_age: 21_600, overlap: 'queue', ...definition },
  words: '',
  owner: 'ada',
  paused: false,
  made_at: '',
  changed_at: '',
  next: [],
  version: 1,
  last: null,
  recent: [],
  problem: null
});

describe('a schedule that is written', () => {
  it('gives parameters by their types, what is filled in as it stands, and nothing of what is empty', () => {
    const draft = { ...newDraft('flights', 'UTC'), params: { n: '5', day: '{{ schedule.date }}', deep: 'false', word: '', old: '1' } };
    expect(factsOf(draft, PARAMETERS).params).toEqual({ n: 5, day: '{{ schedule.date }}', deep: false });
    expect(factsOf({ ...draft, params: { n: '{{ schedule.n }}' } }, PARAMETERS).params).toEqual({ n: '{{ schedule.n }}' });
    expect(factsOf({ ...draft, params: paramsOfLines('n = 5\nword=a = b\nnothing') }, null).params).toEqual({ n: 5, word: 'a = b' });
  });

  it('comes back from what is kept as it was, by time and on each event', () => {
    for (const definition of [
      { cron: '0 6 * * *', params: { n: 5, day: '2026-01-31' } },
      { on: 'dataset:silver.orders' },
      { on: 'file:/data/a:b/*.csv' },
      { on: 'pipeline:fetch:failed' },
      { on: 'freshness:gold.delays:24h' }
    ]) {
      const facts = factsOf(draftOf(kept(definition)), PARAMETERS);
      expect(facts).toMatchObject({ pipeline: 'flights', name: 'nightly', timezone: 'UTC', params: {}, misfire: 'all', misfire_age: '6h', overlap: 'queue', ...definition });
    }
    expect(factsOf(draftOf(kept({ on: 'pipeline:fetch' })), []).on).toBe('pipeline:fetch:succeeded');
  });

  it('is called as nothing else is', () => {
    expect(freeName('flights', ['flights', 'flights-2'])).toBe('flights-3');
    expect(freeName('analyses/By day (2).ipynb', [])).toBe('by-day-2');
  });

  it('shows spans and moments as the schedule means them', () => {
    expect([90, 900, 7200, 172_800].map(spanOf)).toEqual(['90s', '15m', '2h', '2d']);
    expect(inZone('2026-03-29T03:00:00Z', 'Europe/Athens')).toContain('06:00');
    expect(inZone('2026-03-29T03:00:00Z', 'Mars/Olympus')).toBe('2026-03-29T03:00:00.000Z');
  });
});

describe('a unified diff', () => {
  it('has its lines with their numbers', () => {
    const [hunk] = hunksOf(['--- a.py', '+++ a.py', '@@ -4,2 +4,3 @@', ' same', '-old', '+new', '+more']);
    expect(hunk!.map(({ kind, text, number }) => [kind, text, number])).toEqual([
      ['same', 'same', 4],
      ['removed', 'old', 5],
      ['added', 'new', 5],
      ['added', 'more', 6]
    ]);
    expect(hunksOf([])).toEqual([]);
  });
});
