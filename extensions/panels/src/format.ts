const number = new Intl.NumberFormat('en-US');
const exactTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

const COUNTS: [size: number, unit: string][] = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k']
];
const BYTES: [size: number, unit: string][] = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB']
];

function scaled(value: number, steps: [size: number, unit: string][], rest: string): string {
  for (const [size, unit] of steps) {
    // 999,950 would be shown as 1000.0 k.
    if (Math.abs(value) >= size * 0.99995) {
      const part = value / size;
      return `${part.toFixed(Math.abs(part) < 99.95 ? 1 : 0).replace(/\.0$/, '')} ${unit}`;
    }
  }
  return `${value}${rest}`;
}

/** What stands for a figure that is not told. */
const UNTOLD = '–';

/** `336776` as `337 k`. */
export const count = (value: number | null): string => (value === null ? UNTOLD : scaled(value, COUNTS, ''));

/** `6_200_000` as `6.2 MB`. */
export const bytes = (value: number | null): string => (value === null ? UNTOLD : scaled(value, BYTES, ' B'));

/** `336776` as `336,776`. */
export const exact = (value: number | null): string => (value === null ? UNTOLD : number.format(value));

/** `1, "row"` as `1 row`; `2, "row"` as `2 rows`. */
export const plural = (value: number | null, noun: string): string => `${exact(value)} ${noun}${value === 1 ? '' : 's'}`;

interface Size {
  rows: number | null;
  bytes: number | null;
  files: number | null;
  columns: readonly unknown[];
}

/** How much it is, of what is told: who sees a part is told neither rows nor bytes. */
export const size = ({ rows, bytes: stored, columns }: Size): string[] => [
  ...(rows === null ? [] : [plural(rows, 'row')]),
  plural(columns.length, 'column'),
  ...(stored === null ? [] : [bytes(stored)])
];

/** `3 kB in 2 files`. */
export const stored = ({ bytes: all, files }: Size): string => (files === null ? bytes(all) : `${bytes(all)} in ${plural(files, 'file')}`);

const AGES: [seconds: number, unit: string][] = [
  [365 * 86400, 'year'],
  [30 * 86400, 'month'],
  [7 * 86400, 'week'],
  [86400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second']
];

const SOON = 0.02; // of a unit

/** A moment in words, the same as the command line's (`workbench/core/clock.py`). */
export function ago(iso: string | null, now = Date.now()): string {
  if (!iso) {
    return 'never';
  }
  const seconds = Math.trunc((now - Date.parse(iso)) / 1000);
  for (const [size, unit] of AGES) {
    // What ends in 90 days from now ends in 3 months a minute later, too.
    const n = Math.floor(Math.abs(seconds) / size + (seconds < 0 ? SOON : 0));
    if (n > 0 && Math.abs(seconds) >= 5) {
      const words = `${n} ${unit}${n > 1 ? 's' : ''}`;
      return seconds > 0 ? `${words} ago` : `in ${words}`;
    }
  }
  return 'just now';
}

/** The same moment in full, in the person's own time zone. */
export const moment = (iso: string | null): string => (iso ? exactTime.format(new Date(iso)) : 'never');

/** Seconds as `840 ms`, `4.2 s`, `3 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 1) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const rounded = Math.round(seconds);
  return `${Math.floor(rounded / 60)} min${rounded % 60 ? ` ${rounded % 60} s` : ''}`;
}

/** One value of a table as text, all of it. */
export function whole(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const MOMENT = /^(.+)T(\d\d:\d\d:\d\d)(\.\d+)?(Z)?$/;
const CLOCK = /^(\d\d:\d\d:\d\d)(\.\d+)?$/;

/** `.500000` as `.5`, `.000000` as nothing. */
const fraction = (digits: string | undefined): string => digits?.replace(/\.?0+$/, '') ?? '';

/** One value of a table as it is looked at: a moment as `2026-01-31 12:30:00`, with a fraction and a zone where it has them. What is copied is {@link whole}. */
export function asShown(value: unknown, type: string): string {
  const text = whole(value);
  if (!/^time/i.test(type)) {
    return text;
  }
  return text
    .replace(MOMENT, (_, day: string, time: string, digits?: string, zone?: string) => `${day} ${time}${fraction(digits)}${zone ? ' UTC' : ''}`)
    .replace(CLOCK, (_, time: string, digits?: string) => `${time}${fraction(digits)}`);
}

/** A figure about a table as text: six digits of a fraction are enough to look at, those before the point always stand. */
export function cell(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value)) {
    const before = Math.floor(Math.log10(Math.max(1, Math.abs(value)))) + 1;
    return String(Number(value.toPrecision(Math.max(6, before))));
  }
  return whole(value);
}

/** `silver.flights` as `["silver", "flights"]`. */
export function splitName(name: string): [namespace: string, table: string] {
  const dot = name.indexOf('.');
  return dot < 0 ? ['', name] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** `0.9571` as `95.7 %`; a share that is not whole never looks so. */
export function percent(share: number): string {
  const digits = share === 0 || share === 1 ? 0 : 1;
  const text = (share * 100).toFixed(digits);
  if (share > 0 && text === '0.0') {
    return '< 0.1 %';
  }
  return `${share < 1 && text === '100.0' ? '99.9' : text} %`;
}

/** A score from 0 to 1 with two digits: `0.96`. What is not 1 never looks like it. */
export const score = (value: number): string => (value < 1 && value >= 0.995 ? '0.99' : value.toFixed(2));
