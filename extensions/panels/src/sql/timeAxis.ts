/** Marks of an axis of time: whole seconds, minutes, hours, days, months or years, whichever suits its length. */

const SECOND = 1000;
const DAY = 86_400_000;
/** Longer than any month, so that a tick of months is never a day of another one. */
const MONTH = 31 * DAY;
const YEAR = 366 * DAY;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Of equal length each, in milliseconds. */
const EVEN = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600].map(seconds => seconds * SECOND);
/** Days of a month, and months of a year, to begin at. */
const DAYS = [2, 7, 14];
const WHOLE_MONTHS = [1, 2, 3, 6];

/** What stands at a mark, and below it where the larger unit is another one than at the mark before. */
export interface TimeTick {
  at: number;
  label: string;
  under: string;
}

const every = (from: number, step: number, high: number): number[] => {
  const found: number[] = [];
  for (let at = from; at <= high; at += step) {
    found.push(at);
  }
  return found;
};

function monthly(low: number, high: number, step: number): number[] {
  const begin = new Date(low);
  const found: number[] = [];
  for (let month = Math.floor(begin.getUTCMonth() / step) * step; ; month += step) {
    const at = at0(begin.getUTCFullYear(), month, 1);
    if (at > high) {
      return found;
    }
    if (at >= low) {
      found.push(at);
    }
  }
}

/** `Date.UTC` takes the years 0 to 99 for those of the last century. */
function at0(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getTime();
}

/** Days of each month that are `step` apart, from its first on; none so near its end that the next first would crowd it. */
function inMonths(low: number, high: number, step: number): number[] {
  const begin = new Date(low);
  const found: number[] = [];
  for (let month = begin.getUTCMonth(); ; month += 1) {
    const first = at0(begin.getUTCFullYear(), month, 1);
    if (first > high) {
      return found;
    }
    const next = at0(begin.getUTCFullYear(), month + 1, 1);
    for (let at = first; next - at > (step * DAY) / 2; at += step * DAY) {
      if (at >= low && at <= high) {
        found.push(at);
      }
    }
  }
}

function yearly(low: number, high: number, wanted: number): number[] {
  const first = new Date(low).getUTCFullYear();
  const last = new Date(high).getUTCFullYear();
  const rough = (last - first) / wanted;
  const size = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, rough))));
  const step = size * ([1, 2, 5, 10].find(each => each * size >= rough) ?? 10);
  return every(Math.ceil(first / step) * step, step, last)
    .map(year => at0(year, 0, 1))
    .filter(at => at >= low && at <= high);
}

type Unit = 'second' | 'minute' | 'day' | 'month' | 'year';

function placed(low: number, high: number, wanted: number): [at: number[], unit: Unit] {
  const rough = (high - low) / Math.max(1, wanted);
  const even = EVEN.find(each => each >= rough);
  if (even !== undefined) {
    return [every(Math.ceil(low / even) * even, even, high), even < 60 * SECOND ? 'second' : even < DAY ? 'minute' : 'day'];
  }
  const days = DAYS.find(each => each * DAY >= rough);
  if (days !== undefined) {
    return [inMonths(low, high, days), 'day'];
  }
  const months = WHOLE_MONTHS.find(each => each * MONTH >= rough);
  if (months !== undefined) {
    return [monthly(low, high, months), 'month'];
  }
  return [yearly(low, high, Math.max(1, Math.min(wanted, (high - low) / YEAR))), 'year'];
}

/** What is told of a moment in a unit, and of what it is a part. */
function words(at: number, unit: Unit): [label: string, under: string] {
  const date = new Date(at);
  const year = String(date.getUTCFullYear());
  const day = `${MONTHS[date.getUTCMonth()]!} ${date.getUTCDate()}`;
  const clock = date.toISOString().slice(-13, unit === 'second' ? -5 : -8);
  switch (unit) {
    case 'year':
      return [year, ''];
    case 'month':
      return [MONTHS[date.getUTCMonth()]!, year];
    case 'day':
      return [day, year];
    default:
      return [clock, `${day}, ${year}`];
  }
}

/** About `wanted` marks between two moments, in UTC; `clock`: they are times of a day, which has no date. */
export function timeTicks([low, high]: readonly [number, number], wanted = 5, clock = false): TimeTick[] {
  const [places, unit] = placed(low, high, wanted);
  let before = '';
  return places.map(at => {
    const [label, under] = words(at, unit);
    const changed = !clock && under !== before;
    before = under;
    return { at, label, under: changed ? under : '' };
  });
}
