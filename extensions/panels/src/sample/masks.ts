import { type TableData } from '../records.js';

/** The masks that columns of a result were made through, by their places in it. */
export function masksOf(data: TableData): ReadonlyMap<number, string> {
  const found = new Map<number, Set<string>>();
  data.masked?.forEach(({ mask, places = [] }) => places.forEach(place => found.set(place, (found.get(place) ?? new Set()).add(mask))));
  return new Map([...found].map(([place, several]) => [place, [...several].join(', ')]));
}
