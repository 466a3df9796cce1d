import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '../host.js';
import { ANYWAY, inWords, plainWords, withheldWords } from './wording.js';

describe('options in messages', () => {
  it.each([
    ["mode='append'", '“Add the rows”'],
    ['"mode": "overwrite"', '“Replace all rows”'],
    ["name='...'", '“Dataset”'],
    ["keys=['id', 'day']", '“Key”: id, day'],
    ['"keys": ["id"]', '“Key”: id'],
    ["dates='dmy'", '“Dates”: day.month.year'],
    ["decimal=','", '“Decimals after”: comma'],
    ["rows='data.items'", '“Rows are in”: data.items'],
    ['header=False', '“First row”: is data'],
    ['footer=1', '“At the end”: 1'],
    ['"drift": "keep"', '“Leave it as it is”'],
    ["duplicates='last'", '“Take the last of rows with the same key”'],
    ["mode='create'", null],
    ['workbench checks', '“Expectations”'],
    ['workbench recipe apply bronze.fares', '“Refine it” on the page of bronze.fares'],
    ['workbench promote silver.fares', '“Make it gold” on the page of silver.fares'],
    ['workbench recipe apply NAME', '“Refine it”'],
    ['workbench quality bronze.fares', '“Quality” on the page of bronze.fares'],
    ['workbench recipe list', null],
    ['workbench up', null],
    ['month=3', null]
  ])('%s is said by what stands in the form', (code, words) => {
    expect(inWords(code)).toBe(words);
  });
  it('of force there is a button, or it stands as it is', () => {
    expect([inWords('force=True', ANYWAY), inWords('"force": true', ANYWAY), inWords('force=True')]).toEqual(['“Write anyway”', '“Write anyway”', null]);
  });
});

describe('what is kept from somebody', () => {
  const refused = (message: string, details: Record<string, unknown>) => new WorkbenchError(message, 'forbidden', 'Ask in SQL.', details);
  it('is said without the names of calls', () => {
    expect(withheldWords(refused('catalog.edits is for administrators.', { needs: 'admin' }))).toBe('Only administrators see this.');
    expect(withheldWords(refused('The profile is of rows that are not shown to you.', {}))).toBe(
      'The profile is of rows that are not shown to you. Ask in SQL.'
    );
  });
});

describe('a sentence where no more than text can stand', () => {
  it('has the words of the panel, and code as it is', () => {
    expect(plainWords("Say it (`dates='dmy'` or `dates='mdy'`), or `strptime(d)`.")).toBe('Say it (“Dates”: day.month.year or “Dates”: month/day/year), or strptime(d).');
  });
});
