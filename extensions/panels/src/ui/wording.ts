import { type WorkbenchError } from '../host.js';

/** What the button is called that does all the same what was held back. */
export const ANYWAY = 'Write anyway';
/** And the one that takes files of different tables as one. */
export const TOGETHER = 'Take all as one table';

/** What to say of something that is kept from somebody. */
export const withheldWords = ({ message, fix, details }: WorkbenchError): string =>
  details.needs === 'admin' ? 'Only administrators see this.' : `${message} ${fix ?? ''}`.trim();

const OPTION = /^(?:([a-z_]+)=|"([a-z_]+)": )(.+)$/s;

/** Options by their names, and their values where a panel calls these otherwise. */
const CALLED: Readonly<Record<string, string>> = {
  name: 'Dataset',
  zone: 'Zone',
  keys: 'Key',
  partition_by: 'Partitions',
  since: 'Only what is new',
  format: 'Read it as',
  sheet: 'Sheet',
  rows: 'Rows are in',
  decimal: 'Decimals after',
  dates: 'Dates',
  delimiter: 'Delimiter',
  encoding: 'Encoding',
  header: 'First row',
  skip: 'Skip lines',
  footer: 'At the end'
};
const VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  mode: { append: 'Add the rows', overwrite: 'Replace all rows', upsert: 'Update by key' },
  duplicates: { last: 'Take the last of rows with the same key', error: 'Refuse rows with the same key' },
  drift: { keep: 'Leave it as it is', safe: 'Take new columns and wider types' },
  misfits: { quarantine: 'Rows that do not fit are set aside', fail: 'Rows that do not fit refuse the file' },
  format: { csv: 'Delimited text', json: 'JSON' },
  flatten: { true: 'Nested values become columns of their own' },
  dates: { dmy: 'day.month.year', mdy: 'month/day/year', ymd: 'year-month-day' },
  decimal: { '.': 'point', ',': 'comma' },
  header: { true: 'has the names', false: 'is data' }
};

/** Commands that are a place of a panel, by what it is called there. */
const PLACES: Readonly<Record<string, string>> = {
  checks: 'Expectations',
  quality: 'Quality',
  quarantine: 'Set aside',
  promote: 'Make it gold',
  'recipe apply': 'Refine it',
  'recipe propose': 'Refine it',
  'datasets rollback': 'History'
};
const COMMAND = /^workbench (recipe [a-z]+|datasets [a-z]+|[a-z]+)(?: ((?:bronze|silver|gold)\.\S+|NAME))?$/;

function placeInWords(code: string): string | null {
  const found = COMMAND.exec(code);
  const place = found && PLACES[found[1]!];
  return place ? `${quoted(place)}${found[2]?.includes('.') ? ` on the page of ${found[2]}` : ''}` : null;
}

/**
 * One option (or a command that is a place of a panel), as Python (`mode='append'`) or JSON (`"mode": "append"`) writes it, in the words of the form that it has in a panel; null
 * where it has none. `anyway`: what the button for `force` is called, where there is one.
 */
export function inWords(code: string, anyway?: string): string | null {
  const place = placeInWords(code);
  if (place !== null) {
    return place;
  }
  const found = OPTION.exec(code);
  const name = found?.[1] ?? found?.[2];
  if (!found || name === undefined) {
    return null;
  }
  if (name === 'force') {
    return anyway === undefined ? null : quoted(anyway);
  }
  const value = plain(found[3]!);
  const words = VALUES[name]?.[value] ?? (value.startsWith('...') ? '' : value);
  const label = CALLED[name];
  if (label === undefined) {
    return VALUES[name]?.[value] === undefined ? null : quoted(words);
  }
  return words ? `${quoted(label)}: ${words}` : quoted(label);
}

/** A sentence of the workbench's own as plain text, for where nothing else can stand: as `Words` draws it. */
export const plainWords = (text: string): string =>
  text
    .split('`')
    .map((part, i) => (i % 2 === 0 ? part : (inWords(part) ?? part)))
    .join('');

const quoted = (words: string) => `\u201c${words}\u201d`;

/** A value without its language's marks: `'a'`, `"a"`, `['id', 'day']`, `True`. */
const plain = (text: string): string =>
  text
    .replace(/^[[(](.*?),?[\])]$/s, '$1')
    .split(/,\s+/)
    .map(each => each.replace(/^(['"])(.*)\1$/s, '$2').replace(/^(True|False)$/, word => word.toLowerCase()))
    .join(', ');
