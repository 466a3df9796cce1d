import { type RefObject, useLayoutEffect, useMemo, useState } from 'react';
import { asShown } from '../format.js';
import { type TableData } from '../records.js';
import { type Family, family } from '../types.js';

export type Measure = (text: string) => number;

/** Pixels of a character where nothing is drawn to measure it by. */
const CHARACTER = 7;
/** Left and right of a cell's text, and a pixel for what rounding takes. */
const PADDING = 17;
/** Text may be cut; a number, a date or a word for true is whole: half of one is another one. */
const MOST: Partial<Record<Family, number>> = { number: 420, time: 420, boolean: 420 };
const MOST_TEXT = 280;
/** Cells of all columns together that are looked at. */
const LOOKED_AT = 50_000;

const roughly: Measure = text => text.length * CHARACTER;

/** The width of text as `box` draws it, or in another weight. */
export function useMeasure(box: RefObject<HTMLElement>, weight = ''): Measure {
  const [font, setFont] = useState('');
  useLayoutEffect(() => {
    if (box.current) {
      const style = getComputedStyle(box.current);
      setFont(`${weight} ${style.fontSize} ${style.fontFamily}`);
    }
  }, [box, weight]);
  return useMemo(() => {
    const context = font && document.createElement('canvas').getContext('2d');
    if (!context) {
      return roughly;
    }
    context.font = font;
    // Figures stand below each other: each is as wide as the widest.
    return text => context.measureText(text.replace(/\d/g, '0')).width;
  }, [font]);
}

/** How many of `rows` rows of so many `columns` are looked at for their widths. */
export const rowsLookedAt = (rows: number, columns: number): number => Math.min(rows, Math.max(50, Math.floor(LOOKED_AT / Math.max(1, columns))));

/** Pixels of a column: wide enough for the longest of `texts`, up to `most`, and for `head` pixels. */
export function columnWidth(texts: Iterable<string>, kind: Family, measure: Measure, head: number, most = MOST[kind] ?? MOST_TEXT): number {
  let longest = '';
  for (const text of texts) {
    if (text.length > longest.length) {
      longest = text;
    }
  }
  // A text of a thousand words is as wide as the bound, whatever its letters.
  const wanted = longest.length > most ? most : Math.ceil(measure(longest)) + PADDING;
  return Math.max(Math.min(MOST_TEXT, Math.ceil(head)), Math.min(most, wanted));
}

/** Pixels of each column of a table; `head`: those that its header needs. */
export function columnWidths(data: TableData, measure: Measure, head: (name: string, type: string, place: number) => number): number[] {
  const rows = data.rows.slice(0, rowsLookedAt(data.rows.length, data.columns.length));
  return data.columns.map(([name, type], i) =>
    columnWidth(
      rows.map(row => asShown(row[i], type)),
      family(type),
      measure,
      head(name, type, i)
    )
  );
}
