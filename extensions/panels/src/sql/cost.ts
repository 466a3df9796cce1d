import { bytes, count, duration } from '../format.js';
import { type Estimate } from '../records.js';

/** What a statement would cost, in a line; who sees a part only of what it reads is told a class. */
export function costLine(cost: Estimate): string {
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
  const tables = cost.tables.map(each =>
    each.files === null ? each.dataset : `${each.dataset}: ${each.files} of ${each.of_files} files, ${count(each.rows ?? 0)} rows, ${bytes(each.bytes ?? 0)}`
  );
  const based = cost.seconds === null ? [] : [`The time comes from ${cost.based_on} past runs.`];
  return [...tables, ...based, ...cost.advice.map(each => `${each.message} ${each.fix}`)].join('\n');
}
