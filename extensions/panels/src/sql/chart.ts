import { asShown, exact, plural, whole } from '../format.js';
import { type TableData } from '../records.js';
import { type Family, family } from '../types.js';

export type ChartKind = 'bar' | 'line' | 'scatter' | 'histogram';
export interface ChartOf {
  kind: ChartKind;
  x: number;
  /** Not of a histogram. */
  y: number;
}

export interface Mark {
  x: number;
  y: number;
  label: string;
}

/** What is drawn: marks in data's units, and what of the rows they are. */
export interface Drawn {
  marks: Mark[];
  /** Names on the x axis, for bars. */
  names: string[] | null;
  x: [number, number];
  y: [number, number];
  /** Moments on the x axis, or times of a day. */
  time: 'moment' | 'clock' | null;
  note: string;
}

const MOST_BARS = 40;
const MOST_POINTS = 2000;
const BINS = 24;

/** Pixels of a character of a tick's words, at most. */
export const CHARACTER = 7;
/** Degrees by which names rise that are too long to lie side by side. */
export const TILT = 40;

/** Pixels that the axis must stand from the left for names that end below the middles of their bars, tilted, to be seen from their first character. */
export function tiltedReach(names: readonly string[], width: number): number {
  const cosine = Math.cos((TILT * Math.PI) / 180);
  // Where a name ends depends on the margin itself: margin + share * (width - margin).
  return Math.ceil(
    Math.max(
      ...names.map((name, i) => {
        const share = (i + 0.5) / names.length;
        return (name.length * CHARACTER * cosine - share * width) / (1 - share);
      })
    )
  );
}

const numberOf = (value: unknown): number => (value === null || value === '' || typeof value === 'boolean' ? NaN : Number(value));

/** A value as a number on an axis: moments in milliseconds. */
function onAxis(value: unknown, kind: Family): number {
  if (kind === 'time' && typeof value === 'string') {
    const text = /^\d{4}-\d\d-\d\d/.test(value) ? value.replace(' ', 'T') : `1970-01-01T${value}`;
    return Date.parse(text.length === 10 || /[Z+]/.test(text.slice(10)) ? text : `${text}Z`);
  }
  return numberOf(value);
}

const families = (data: TableData): Family[] => data.columns.map(([, type]) => family(type));
export const numericColumns = (data: TableData): number[] => families(data).flatMap((kind, i) => (kind === 'number' ? [i] : []));

/** Names of numbers that say which one or when: their sum or mean is nothing. */
const NAMES_ONE = [/(^|_)(id|key|code|nr|no|zip|year|quarter|month|week|day|hour|minute|second)$/i, /[a-z](Id|ID|Key|Code)$/];

/** Whether a number that is called so can be added up. */
export const isMeasure = (name: string): boolean => !NAMES_ONE.some(pattern => pattern.test(name));

const differ = (data: TableData, column: number): boolean => new Set(data.rows.map(row => row[column])).size === data.rows.length;

/**
 * What suits the types: a line over time (points where a moment has several values: a line would go up and down between them), bars over
 * names, points of two numbers, one number's spread. Null where there is no number.
 */
export function suggest(data: TableData): ChartOf | null {
  const kinds = families(data);
  const numbers = numericColumns(data);
  const measures = numbers.filter(i => isMeasure(data.columns[i]![0]));
  const y = measures.at(-1) ?? numbers.at(-1);
  if (y === undefined) {
    return null;
  }
  const time = kinds.indexOf('time');
  if (time >= 0) {
    return { kind: differ(data, time) ? 'line' : 'scatter', x: time, y };
  }
  const named = kinds.findIndex(kind => kind === 'text' || kind === 'boolean');
  if (named >= 0) {
    return { kind: 'bar', x: named, y };
  }
  if (numbers.length < 2) {
    return { kind: 'histogram', x: y, y };
  }
  const x = numbers.find(i => i !== y)!;
  const grouped = data.rows.length <= MOST_BARS && differ(data, x);
  return grouped ? { kind: 'bar', x, y } : { kind: 'scatter', x: measures.find(i => i !== y) ?? x, y };
}

/** The same as another kind. A histogram is of numbers: where x has none, of those that were on y. */
export function asKind(data: TableData, chart: ChartOf, kind: ChartKind): ChartOf {
  const counted = kind !== 'histogram' || numericColumns(data).includes(chart.x);
  return { ...chart, kind, x: counted ? chart.x : chart.y };
}

function span(values: number[], withZero = false): [number, number] {
  let [low, high] = withZero ? [0, 0] : [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) {
    return [0, 1];
  }
  return low === high ? [low - (withZero && low === 0 ? 0 : 0.5), high + 0.5] : [low, high];
}

/** The marks of a chart of these rows; what is left out is said. */
export function draw(data: TableData, chart: ChartOf): Drawn {
  if (chart.kind === 'histogram') {
    return histogram(data, chart.x);
  }
  return chart.kind === 'bar' ? bars(data, chart) : points(data, chart);
}

function bars(data: TableData, { x, y }: ChartOf): Drawn {
  const sums = new Map<string, number>();
  let counted = 0;
  for (const row of data.rows) {
    const value = numberOf(row[y]);
    if (Number.isFinite(value)) {
      const name = row[x] === null ? 'null' : asShown(row[x], data.columns[x]![1]);
      sums.set(name, (sums.get(name) ?? 0) + value);
      counted += 1;
    }
  }
  const all = [...sums];
  const shown = all.length > MOST_BARS ? [...all].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, MOST_BARS) : all;
  const [xName, yName] = [data.columns[x]![0], data.columns[y]![0]];
  const notes = [
    counted > all.length ? `Sum of ${yName} by ${xName}.` : '',
    shown.length < all.length ? `The ${MOST_BARS} largest of ${plural(all.length, 'value')}.` : '',
    counted < data.rows.length ? `${plural(data.rows.length - counted, 'row')} without a number left out.` : ''
  ];
  const marks = shown.map(([name, value], i) => ({ x: i, y: value, label: `${name}: ${exact(value)}` }));
  return {
    marks,
    names: shown.map(([name]) => name),
    x: [0, Math.max(1, shown.length)],
    y: span(marks.map(mark => mark.y), true),
    time: null,
    note: notes.filter(Boolean).join(' ')
  };
}

function points(data: TableData, { kind, x, y }: ChartOf): Drawn {
  const of = family(data.columns[x]![1]);
  let marks = data.rows.map(row => ({ x: onAxis(row[x], of), y: numberOf(row[y]), label: `${asShown(row[x], data.columns[x]![1])}: ${whole(row[y])}` }));
  marks = marks.filter(mark => Number.isFinite(mark.x) && Number.isFinite(mark.y));
  const all = marks.length;
  const notes = [all < data.rows.length ? `${plural(data.rows.length - all, 'row')} that cannot be placed left out.` : ''];
  if (all > MOST_POINTS) {
    const step = all / MOST_POINTS;
    marks = Array.from({ length: MOST_POINTS }, (_, i) => marks[Math.floor(i * step)]!);
    notes.push(`${exact(MOST_POINTS)} of ${plural(all, 'point')}, at even distances.`);
  }
  if (kind === 'line') {
    marks.sort((a, b) => a.x - b.x);
  }
  const ys = span(marks.map(mark => mark.y));
  const time = of !== 'time' ? null : data.columns[x]![1].toLowerCase() === 'time' ? 'clock' : 'moment';
  return { marks, names: null, x: span(marks.map(mark => mark.x)), y: ys, time, note: notes.filter(Boolean).join(' ') };
}

function histogram(data: TableData, column: number): Drawn {
  const values = data.rows.map(row => numberOf(row[column])).filter(Number.isFinite);
  const [low, high] = span(values);
  const bins = Math.min(BINS, Math.max(1, Math.ceil(Math.sqrt(values.length))));
  const width = (high - low) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    counts[Math.min(bins - 1, Math.floor((value - low) / width))]! += 1;
  }
  const marks = counts.map((n, i) => ({
    x: low + i * width,
    y: n,
    label: `${round(low + i * width)} to ${round(low + (i + 1) * width)}: ${plural(n, 'row')}`
  }));
  const left = data.rows.length - values.length;
  return { marks, names: null, x: [low, high], y: [0, Math.max(1, ...counts)], time: null, note: left ? `${plural(left, 'row')} without a number left out.` : '' };
}

const round = (value: number): string => String(Number(value.toPrecision(4)));

/** The range up and down to the next round numbers, so that nothing touches the edge. */
export function rounded(range: readonly [number, number], wanted = 5): [number, number] {
  const steps = ticks(range, wanted);
  const step = steps.length > 1 ? steps[1]! - steps[0]! : 0;
  return step ? [Math.floor(range[0] / step) * step, Math.ceil(range[1] / step) * step] : [range[0], range[1]];
}

/** Round numbers on an axis, about `wanted` of them. */
export function ticks([low, high]: readonly [number, number], wanted = 5): number[] {
  const rough = (high - low) / Math.max(1, wanted);
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * ([1, 2, 5, 10].find(each => each * size >= rough) ?? 10);
  const found: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) {
    found.push(Number(tick.toPrecision(12)));
  }
  return found;
}

/** What stands at a tick of numbers. */
export const tickText = (value: number): string =>
  new Intl.NumberFormat('en-US', { notation: Math.abs(value) >= 10_000 ? 'compact' : 'standard', maximumSignificantDigits: 4 }).format(value);
