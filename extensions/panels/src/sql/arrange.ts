import { asShown, whole } from '../format.js';
import { family } from '../types.js';

export interface Sort {
  column: number;
  down: boolean;
}

/** The next state of a column whose header was pressed: up, down, as it came. */
export function nextSort(sort: Sort | null, column: number): Sort | null {
  if (sort?.column !== column) {
    return { column, down: false };
  }
  return sort.down ? null : { column, down: true };
}

const words = new Intl.Collator(undefined, { numeric: true, sensitivity: 'variant' });
const WHOLE = /^-?\d+$/;

function compareNumbers(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string' && WHOLE.test(a) && WHOLE.test(b)) {
    const [x, y] = [BigInt(a), BigInt(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const [x, y] = [Number(a), Number(b)];
  // What is no number stands after all that are.
  return Number.isNaN(x) || Number.isNaN(y) ? Number(Number.isNaN(x)) - Number(Number.isNaN(y)) : x - y;
}

/** Which rows are shown and in which order, as their indexes. NULL stands last both ways; equal rows stay as they came. */
export function arrange(rows: readonly unknown[][], columns: readonly [string, string][], sort: Sort | null, filter: string): number[] {
  const wanted = filter.trim().toLowerCase();
  let order = rows.map((_, i) => i);
  if (wanted) {
    const holds = (text: string) => text.toLowerCase().includes(wanted);
    order = order.filter(i => rows[i]!.some((value, at) => value !== null && (holds(whole(value)) || holds(asShown(value, columns[at]![1])))));
  }
  const column = sort && columns[sort.column];
  if (sort && column) {
    const compare = family(column[1]) === 'number' ? compareNumbers : (a: unknown, b: unknown) => words.compare(whole(a), whole(b));
    const sign = sort.down ? -1 : 1;
    order.sort((i, j) => {
      const [a, b] = [rows[i]![sort.column], rows[j]![sort.column]];
      if (a === null || b === null) {
        return Number(a === null) - Number(b === null) || i - j;
      }
      return sign * compare(a, b) || i - j;
    });
  }
  return order;
}

/** Cells as text with tabs between them, as spreadsheets take it; a cell with a tab, a quote or a line's end in it stands in quotes. */
export function asText(rows: readonly unknown[][]): string {
  const cell = (value: unknown) => {
    const text = whole(value);
    return /["\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map(row => row.map(cell).join('\t')).join('\n');
}
