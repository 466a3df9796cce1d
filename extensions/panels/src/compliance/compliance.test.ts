import { describe, expect, it } from 'vitest';
import { type AccessReport, type Mask, type RowSource, type Token, type User } from '../records.js';
import { changes } from '../ui/changes.js';
import { isActive, lastSeen, matching, patterns } from './people.js';
import { withMask } from './rule.js';
import { template } from './template.js';
import { attributesIn, attributesOf, attributesText, filterFor, madeOfInWords, maskInWords, seenInWords } from './words.js';

const MASK: Mask = { kind: 'null', value: null, first: 0, last: 0, step: null, unit: null, expression: null };

describe('what is seen, in words', () => {
  it.each([
    [{}, 'nothing'],
    [{ kind: 'constant', value: '—' }, 'always —'],
    [{ kind: 'partial', first: 1, last: 4 }, 'its first 1 and last 4 characters'],
    [{ kind: 'partial', last: 1 }, 'its last 1 character'],
    [{ kind: 'partial' }, 'stars'],
    [{ kind: 'round', unit: 'year' }, 'the beginning of its year'],
    [{ kind: 'round', step: 5 }, 'rounded down to 5'],
    [{ kind: 'expression', expression: 'left(value, 3)' }, 'left(value, 3)']
  ] as [Partial<Mask>, string][])('a mask %j shows %s', (mask, words) => {
    expect(maskInWords({ ...MASK, ...mask })).toBe(words);
  });
  it('a dataset is summed up, and one of which nothing is granted is not there', () => {
    const column = (name: string, state: 'seen' | 'masked' | 'hidden') => ({ name, state, mask: null, rules: [] });
    const report: AccessReport = {
      dataset: 'gold.x',
      who: 'alice',
      version: 3,
      allowed: true,
      columns: [column('a', 'seen'), column('b', 'masked'), column('c', 'hidden')],
      filters: [],
      reasons: []
    };
    expect(seenInWords(report)).toBe('alice sees 2 of 3 columns (1 masked) and all rows.');
    expect(seenInWords({ ...report, columns: report.columns.slice(0, 1), filters: [{ rule: 'r', where: 'a' }] })).toBe('alice sees the one column and some of the rows.');
    expect(seenInWords({ ...report, filters: [{ rule: 'r', where: 'false', source: 'silver.y', lost: true }] })).toContain('and no row.');
    expect(seenInWords({ ...report, allowed: false })).toContain('it is not there');
  });
});

describe('what a dataset was made of, in words', () => {
  const source: RowSource = { source: 'silver.y', columns: {}, filters: [{ rule: 'r', where: 'a' }], released_by: null, reason: null };
  it('says whether the filter holds, closes, or was lifted', () => {
    expect(madeOfInWords(source)).toBe('its filter holds here too');
    expect(madeOfInWords({ ...source, filters: [{ rule: 'r', where: 'false', lost: true }] })).toContain('sees no row here');
    expect(madeOfInWords({ ...source, filters: [], released_by: 'ada', reason: 'totals' })).toBe('released by ada: totals');
  });
});

describe('attributes', () => {
  it('that a filter compares with are named, those in quotes and what is always known left out', () => {
    const where = `region IN principal.Regions AND note <> 'principal.x' AND "principal.y" = 1 AND principal.name = who AND principal . team = t`;
    expect(attributesIn(where)).toEqual(['regions', 'team']);
    expect(filterFor(where, { Regions: ['n', 'e'] })).toEqual([
      { name: 'regions', value: 'n, e' },
      { name: 'team', value: null }
    ]);
  });
  it('are written and read again as they were, a list of one and a text of digits included', () => {
    const attributes = { regions: ['north'], makes: ['a', 'b'], level: 3, zip: '007', on: true, team: 'ops' };
    expect(attributesOf(attributesText(attributes))).toEqual(attributes);
    expect(attributesOf(' a = 1 \n\nb: x: y')).toEqual({ a: 1, b: 'x: y' });
    expect(attributesOf('big: 12345678901234567890')).toEqual({ big: '12345678901234567890' });
  });
  it('that are none say which line', () => {
    expect(() => attributesOf('a: 1\nwhat')).toThrow('“what” is no attribute');
  });
});

describe('changes of a text', () => {
  it('are the lines that come and go, numbered, with what is around them', () => {
    const found = changes('a\nb\nc\nd\ne\nf', 'a\nb\nx\nd\ne\nf\n');
    expect([found.added, found.removed, found.hunks.length]).toEqual([1, 1, 1]);
    expect(found.hunks[0]!.map(line => `${line.number}${line.kind[0]}${line.text}`)).toEqual(['1sa', '2sb', '3rc', '3ax', '4sd', '5se', '6sf']);
  });
  it('are none where only the end of the last line is another', () => {
    expect(changes('a', 'a\n').hunks).toEqual([]);
  });
});

describe('people', () => {
  const user = (name: string, rest: Partial<User> = {}): User => ({
    name,
    display_name: '',
    kind: 'user',
    roles: [],
    attributes: {},
    has_password: false,
    created_at: '2026-01-01T00:00:00Z',
    disabled_at: null,
    ...rest
  });
  const token = (name: string, rest: Partial<Token> = {}): Token => ({
    id: name,
    name: '',
    principal: { name, kind: 'user', display_name: '', roles: [], attributes: {} },
    scope: 'read',
    kind: 'token',
    limits: { verbs: [], datasets: [] },
    used_at: null,
    created_at: '2026-01-01T00:00:00Z',
    expires_at: null,
    revoked_at: null,
    ...rest
  });
  it('are found by name, role, attribute, and that they are disabled', () => {
    const all = [user('ann', { roles: ['analyst'], attributes: { regions: ['north'] } }), user('bob', { disabled_at: '2026-01-02T00:00:00Z' })];
    expect(matching(all, 'ANALYST north').map(each => each.name)).toEqual(['ann']);
    expect(matching(all, 'disabled').map(each => each.name)).toEqual(['bob']);
    expect(matching(all, ' ')).toHaveLength(2);
  });
  it('name what a token is for by commas or blanks', () => {
    expect(patterns(' gold.*, silver.people  query.*')).toEqual(['gold.*', 'silver.people', 'query.*']);
  });
  it('were seen when a token of theirs was used last', () => {
    const used = [token('ann', { used_at: '2026-01-03T00:00:00Z' }), token('ann', { used_at: '2026-01-02T00:00:00Z' }), token('bob')];
    expect([...lastSeen(used)]).toEqual([['ann', '2026-01-03T00:00:00Z']]);
  });
  it('have tokens that open something until they expire or are taken back', () => {
    const now = Date.parse('2026-02-01T00:00:00Z');
    expect([token('a'), token('a', { expires_at: '2026-01-31T00:00:00Z' }), token('a', { revoked_at: '2026-01-31T00:00:00Z' })].map(each => isActive(each, now))).toEqual([
      true,
      false,
      false
    ]);
  });
});

describe('the template', () => {
  it('grants what holds without a policy, names other zones, and masks only tags that there are', () => {
    const text = template(['bronze', 'gold'], ['quality']);
    expect(text).toContain('- {to: viewer, what: gold.*}\n  - {to: analyst, what: silver.*}\n  - {to: engineer, what: "*.*", may: [read, write]}\n  # - {to: analyst, what: bronze.*}');
    expect(text).not.toMatch(/^masks:/m);
    expect(template([], ['PII', 'x'])).toContain('masks:\n  - {name: personal data, tags: ["PII"]');
  });
});

describe('a rule that is added to the policy', () => {
  const rule = 'masks:\n  - {name: phone, tags: [phone], mask: {kind: hash}}\n';
  const line = '  - {name: phone, tags: [phone], mask: {kind: hash}}';
  it('goes below the last mask, before what comes after', () => {
    expect(withMask('version: 1\nmasks:\n  - {name: a}\n  # - {name: b}\n\nrows:\n  - {name: c}\n', rule)).toBe(
      `version: 1\nmasks:\n  - {name: a}\n${line}\n  # - {name: b}\n\nrows:\n  - {name: c}\n`
    );
    expect(withMask('masks: # all\n- name: a\n  mask: {kind: hash}', rule)).toBe(`masks: # all\n- name: a\n  mask: {kind: hash}\n${line.trim()}\n`);
    expect(withMask('masks:\nrows: []\n', rule)).toBe(`masks:\n${line}\nrows: []\n`);
  });
  it('makes a list where there is none, and is not added where a second one would take the place of the first', () => {
    expect(withMask('version: 1\n# masks:\n', rule)).toBe(`version: 1\n# masks:\n\nmasks:\n${line}\n`);
    expect(withMask('version: 1\nmasks: [{name: a}]\n', rule)).toBeNull();
    expect(withMask('"masks":\n  - {name: a}\n', rule)).toBeNull();
  });
});
