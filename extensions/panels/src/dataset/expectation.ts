import { cell, percent } from '../format.js';
import { type Expectation, type ExpectationKind } from '../records.js';

/** What a person fills in, all texts; numbers become numbers where they are. */
export interface ExpectationDraft {
  kind: ExpectationKind;
  column: string;
  low: string;
  high: string;
  values: string;
  pattern: string;
  dataset: string;
  key: string;
  hours: string;
  expression: string;
  share: string;
  severity: 'warn' | 'gate';
}
export type DraftField = Exclude<keyof ExpectationDraft, 'kind' | 'share' | 'severity'>;

export const EMPTY_EXPECTATION: ExpectationDraft = {
  kind: 'not_null',
  column: '',
  low: '',
  high: '',
  values: '',
  pattern: '',
  dataset: '',
  key: '',
  hours: '',
  expression: '',
  share: '100',
  severity: 'warn'
};

/** The fields that each kind has, in the order in which they are asked for. */
export const FIELDS: Record<ExpectationKind, readonly DraftField[]> = {
  not_null: ['column'],
  unique: ['column'],
  in_range: ['column', 'low', 'high'],
  in_set: ['column', 'values'],
  matches: ['column', 'pattern'],
  type: ['column', 'pattern'],
  row_count: ['low', 'high'],
  foreign_key: ['column', 'dataset', 'key'],
  freshness: ['hours', 'column'],
  expression: ['expression']
};

export const KIND_WORDS: Record<ExpectationKind, string> = {
  not_null: 'has a value',
  unique: 'is different in each row',
  in_range: 'lies between',
  in_set: 'is one of',
  matches: 'has the form',
  type: 'is of type',
  row_count: 'number of rows',
  foreign_key: 'is found in another dataset',
  freshness: 'is not older than',
  expression: 'a rule in SQL'
};

const scalar = (text: string): unknown => {
  const words = text.trim();
  return words !== '' && Number.isFinite(Number(words)) && !/^0\d/.test(words) ? Number(words) : words;
};

/** What is sent: only the fields of the kind, and of those what was filled in. The server says what is missing or wrong. */
export function expectationOf(draft: ExpectationDraft): Partial<Expectation> & Pick<Expectation, 'kind'> {
  const out: Partial<Expectation> & Pick<Expectation, 'kind'> = { kind: draft.kind, severity: draft.severity };
  const share = Number(draft.share);
  if (Number.isFinite(share) && share < 100) {
    out.share = share / 100;
  }
  for (const field of FIELDS[draft.kind]) {
    const text = draft[field].trim();
    if (text === '') {
      continue;
    }
    if (field === 'column' && draft.kind === 'unique' && text.includes(',')) {
      out.columns = text.split(',').map(each => each.trim());
    } else if (field === 'low' || field === 'high') {
      out[field] = scalar(text);
    } else if (field === 'values') {
      out.values = text.split(',').map(scalar);
    } else if (field === 'hours') {
      out.hours = Number(text);
    } else {
      out[field] = text;
    }
  }
  return out;
}

/** An expectation in words, as one says it. */
export function expectationWords(expectation: Expectation): string {
  const { kind, column, columns, low, high } = expectation;
  const subject = column ?? columns.join(' with ');
  const share = expectation.share < 1 ? ` in at least ${percent(expectation.share)} of the rows` : '';
  const range = low === null ? `at most ${cell(high)}` : high === null ? `at least ${cell(low)}` : `between ${cell(low)} and ${cell(high)}`;
  switch (kind) {
    case 'not_null':
      return `${subject} has a value${share}`;
    case 'unique':
      return `${subject} is different in each row${share}`;
    case 'in_range':
      return `${subject} is ${range}${share}`;
    case 'in_set':
      return `${subject} is one of ${expectation.values.map(cell).join(', ')}${share}`;
    case 'matches':
      return `${subject} has the form ${expectation.pattern}${share}`;
    case 'type':
      return `${subject} is of type ${expectation.pattern}`;
    case 'row_count':
      return (high ?? low) === 1 ? `there is ${range} row` : `there are ${range} rows`;
    case 'foreign_key':
      return `${subject} is found in ${expectation.dataset}.${expectation.key}${share}`;
    case 'freshness':
      return `${column ?? 'the last write'} is at most ${expectation.hours} hours old`;
    case 'expression':
      return `${expectation.expression}${share}`;
  }
}
