import { describe, expect, it } from 'vitest';
import { treeStep } from '../ui/tree.js';
import { type DatabaseKind, type StorageEntry } from '../records.js';
import { draftOf, missing, optionsOf, parted, whereOf } from './connection.js';
import { type Folder, lineOf, placeRows, sourceOf } from './places.js';

const option = (name: string, more: object = {}) => ({ name, kind: 'text' as const, required: false, default: null, choices: [], ...more });
const POSTGRESQL: DatabaseKind = {
  name: 'postgresql',
  options: [
    option('host', { required: true }),
    option('port', { kind: 'number', default: 5432 }),
    option('user', { required: true }),
    option('sslmode', { kind: 'choice', default: 'prefer', choices: ['disable', 'prefer'] })
  ],
  secret: 'password',
  problem: null
};

describe('a connection', () => {
  it('asks for what is needed, and keeps the rest aside', () => {
    const [asked, more] = parted(POSTGRESQL);
    expect([asked, more].map(part => part.map(each => each.name))).toEqual([['host', 'port', 'user'], ['sslmode']]);
    expect(missing({ name: ' ', kind: 'postgresql', options: { host: 'db' } }, POSTGRESQL)).toBe('a name, user');
    expect(missing({ name: 'shop', kind: 'postgresql', options: { host: 'db', user: 'me' } }, POSTGRESQL)).toBe('');
  });

  it('says options in their types, and nothing that was left out or is of another kind', () => {
    const draft = { name: 'shop', kind: 'postgresql', options: { host: ' db ', port: '5433', user: 'me', sslmode: '', path: 'left over' } };
    expect(optionsOf(draft, POSTGRESQL)).toEqual({ host: 'db', port: 5433, user: 'me' });
    expect(optionsOf({ ...draft, options: { port: 'many' } }, POSTGRESQL)).toEqual({ port: 'many' });
  });

  it('comes back as it was saved, without what it has by itself', () => {
    const saved = { name: 's', kind: 'postgresql', options: { host: 'db', port: 1, user: 'me', sslrootcert: null }, has_secret: true, changed_at: '', changed_by: '' };
    expect(draftOf(saved).options).toEqual({ host: 'db', port: '1', user: 'me' });
    expect(whereOf(saved)).toBe('me at db:1');
    expect(whereOf({ ...saved, options: { path: '/data/shop.db' } })).toBe('/data/shop.db');
  });
});

const entry = (path: string, more: Partial<StorageEntry> = {}): StorageEntry => ({
  kind: 'folder',
  name: path.split('/').at(-1)!,
  path,
  bytes: null,
  modified_at: null,
  dataset: null,
  ...more
});
const folder = (...entries: StorageEntry[]): Folder => ({ entries, after: null, busy: false });

describe('the tree of what lies where', () => {
  const folders = new Map([
    ['', folder(entry('lake'), entry('workspace'))],
    ['lake', { ...folder(entry('lake/bronze')), after: 'bronze' }],
    ['lake/bronze', folder(entry('lake/bronze/t-1', { dataset: 'bronze.t' }))],
    ['lake/bronze/t-1', folder(entry('lake/bronze/t-1/a.parquet', { kind: 'file', bytes: 3 }))],
    ['workspace', folder()]
  ]);

  it('shows what stands open, and whose a file is', () => {
    const rows = placeRows(folders, new Set(['lake', 'lake/bronze', 'lake/bronze/t-1', 'workspace', 'gone']));
    expect(rows.map(row => [row.key, row.depth])).toEqual([
      ['lake', 0],
      ['lake/bronze', 1],
      ['lake/bronze/t-1', 2],
      ['lake/bronze/t-1/a.parquet', 3],
      ['lake/more', 1],
      ['workspace', 0],
      ['workspace/empty', 1]
    ]);
    expect(rows[3]).toMatchObject({ dataset: 'bronze.t' });
    expect(placeRows(new Map(), new Set()).map(row => row.kind)).toEqual(['busy']);
  });

  it('is walked by keys', () => {
    const rows = placeRows(folders, new Set(['lake'])).map(lineOf);
    const step = (key: string, at: number) => treeStep(key, rows, at, 10);
    expect(rows.map(line => line.key)).toEqual(['lake', 'lake/bronze', 'lake/more', 'workspace']);
    expect(step('ArrowDown', 0)).toBe(1);
    expect(step('ArrowRight', 1)).toBe('toggle');
    expect(step('ArrowRight', 0)).toBe(1);
    expect(step('ArrowRight', 2)).toBeNull();
    expect(step('ArrowLeft', 2)).toBe(0);
    expect(step('ArrowLeft', 0)).toBe('toggle');
    expect(step('End', 0)).toBe(3);
    expect(step('PageDown', 0)).toBe(3);
    expect(step('PageUp', 3)).toBe(0);
    expect(step('x', 0)).toBeNull();
  });

  it('stays where it is on the left arrow at the top', () => {
    const rows = placeRows(folders, new Set(['lake'])).map(lineOf);
    expect(treeStep('ArrowLeft', rows, 3, 10)).toBe(3);
  });

  it('names as a source what is the workspace’s, and nothing hidden or of the lake', () => {
    expect(sourceOf(entry('workspace/data/a.csv', { kind: 'file' }))).toBe('data/a.csv');
    expect(sourceOf(entry('workspace/data'))).toBe('data/');
    expect([sourceOf(entry('workspace')), sourceOf(entry('lake/bronze')), sourceOf(entry('workspace/.workbench/logs'))]).toEqual([null, null, null]);
  });
});
