import { bytes, count, duration, exact, plural } from '../format.js';
import { type Budget, type Estimate, type TableCost } from '../records.js';

/** What a statement would cost, in a line; who sees a part only of what it reads is told a class. */
export function costLine(cost: Estimate): string {
  return [readLine(cost), ...(cost.budget ? [budgetInWords(cost.budget)] : [])].join(' · ');
}

/** What of the day's budget is used: `1.2 GB of 10 GB today`. */
function budgetInWords({ bytes: read, bytes_a_day, seconds, seconds_a_day }: Budget): string {
  const parts = [
    ...(bytes_a_day === null ? [] : [`${bytes(read)} of ${bytes(bytes_a_day)}`]),
    ...(seconds_a_day === null ? [] : [`${exact(seconds)} s of ${exact(seconds_a_day)} s`])
  ];
  return `${parts.join(', ')} used today`;
}

function readLine(cost: Estimate): string {
  if (cost.tables.length === 0) {
    return 'reads no dataset';
  }
  if (cost.rows === null || cost.bytes === null) {
    return `${cost.size} statement`;
  }
  const time = cost.seconds === null ? '' : ` · about ${duration(cost.seconds)}`;
  return `reads ${count(cost.rows)} rows · ${bytes(cost.bytes)}${time}`;
}

/** Of which files that is, for who wants to know. */
export function costDetails(cost: Estimate): string {
  const tables = cost.tables.map(each => [each.dataset, readInWords(each)].filter(Boolean).join(': '));
  const based = cost.seconds === null ? [] : [`The time comes from ${cost.based_on} past runs.`];
  return [...tables, ...based, ...cost.advice.map(each => `${each.message} ${each.fix}`)].join('\n');
}

/** What of a dataset is read; empty where it is not told. */
export const readInWords = ({ files, of_files, rows, bytes: size, times }: TableCost): string =>
  files === null ? '' : `${exact(files)} of ${plural(of_files, 'file')}${times > 1 ? `, ${exact(times)} times` : ''}, ${plural(rows, 'row')}, ${bytes(size)}`;

/** An expression without a name is called by all of its text. */
const LONGEST = 60;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/** Columns with their types: `carrier string, flights long`; what is very long is cut. */
export const columnsInWords = (columns: readonly (readonly [name: string, type: string])[]): string => columns.map(each => each.map(cut).join(' ')).join(', ');
