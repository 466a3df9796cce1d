import { cell, count, exact, percent } from '../format.js';
import { type Bin, type ColumnProfile, type TimePoint } from '../records.js';

export interface BarBox {
  x: number;
  y: number;
  width: number;
  height: number;
  bin: Bin;
}

/** The bars of a histogram in a box of `width` by `height`. A bar that counts something is at least one pixel high. */
export function bars(histogram: Bin[], width: number, height: number): BarBox[] {
  const most = Math.max(1, ...histogram.map(bin => bin.count));
  const step = width / Math.max(1, histogram.length);
  return histogram.map((bin, i) => {
    const tall = bin.count === 0 ? 0 : Math.max(1, (bin.count / most) * height);
    return { x: i * step, y: height - tall, width: Math.max(1, step - 1), height: tall, bin };
  });
}

export interface Dot {
  x: number;
  y: number;
  point: TimePoint;
}

/** Scores over time in a box of `width` by `height`, 1 on top; points without a score are left out. */
export function dots(points: TimePoint[], width: number, height: number, value: (point: TimePoint) => number | null): Dot[] {
  const times = points.map(point => Date.parse(point.at));
  const first = Math.min(...times);
  const span = Math.max(...times) - first;
  return points.flatMap((point, i) => {
    const score = value(point);
    // Those of one moment stand in the middle.
    const x = span > 0 ? ((times[i]! - first) / span) * width : width / 2;
    return score === null ? [] : [{ x, y: (1 - score) * height, point }];
  });
}

export const nullShare = (column: ColumnProfile): number => (column.rows > 0 ? column.nulls / column.rows : 0);

/** Distinct values in words: `12`, `about 26.1 k`, `all different`. */
export function distinctWords(column: ColumnProfile): string {
  if (column.distinct === null) {
    return '';
  }
  if (column.distinct_exact && column.distinct > 1 && column.distinct === column.rows - column.nulls) {
    return 'all different';
  }
  return column.distinct_exact ? exact(column.distinct) : `about ${count(column.distinct)}`;
}

/** A time without the parts that say nothing: midnight, and fractions that are zero. */
export const shortTime = (text: string): string =>
  /^\d{4}-\d\d-\d\dT/.test(text) ? text.replace(/\.0+(?=Z|[+-]|$)/, '').replace(/T00:00:00(Z|\+00:00)?$/, '').replace('T', ' ') : text;

/** The range of values: `-43 to 1301`; of long texts and nested values their lengths. */
export function rangeWords(column: ColumnProfile): string {
  if (column.min === null && column.max === null) {
    const { min_length: low, max_length: high } = column;
    return low === null || high === null ? '' : low === high ? `${low} long` : `${low} to ${high} long`;
  }
  const low = shortTime(cell(column.min));
  const high = shortTime(cell(column.max));
  return low === high ? low : `${low} to ${high}`;
}

/** What a column's values are by their form, in words: `email (99.2 %)`. */
export function semanticWords(column: ColumnProfile): string {
  const found = column.semantic;
  if (!found) {
    return '';
  }
  const words = found.name.replaceAll('_', ' ');
  const share = found.checked > 0 ? found.matched / found.checked : 0;
  return share === 1 ? words : `${words} (${percent(share)})`;
}
