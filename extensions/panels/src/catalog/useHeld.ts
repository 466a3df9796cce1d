import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/** How long a second click may take to make a double click of the first, in milliseconds: browsers' own measure. */
const DOUBLE = 500;
/** The details' least height, as the style has it. */
const LEAST = 120;

export interface Point {
  x: number;
  y: number;
}

/**
 * Details that would come below the pointer are held back until a click can be no first half of a double click any more: the second would fall
 * into them. `share` is their part of `area` in percent.
 */
export function useHeld(area: RefObject<HTMLElement>, share: number): [held: boolean, hold: (at: Point, then: () => void) => void] {
  const [held, setHeld] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  const hold = useCallback(
    (at: Point, then: () => void) => {
      if (area.current && isUnder(area.current, share, at)) {
        setHeld(true);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => {
          setHeld(false);
          then();
        }, DOUBLE);
      }
    },
    [area, share]
  );
  return [held, hold];
}

function isUnder(area: HTMLElement, share: number, at: Point): boolean {
  const box = area.getBoundingClientRect();
  if (getComputedStyle(area).flexDirection === 'row') {
    return at.x > box.right - (box.width * share) / 100;
  }
  return at.y > box.bottom - Math.max(LEAST, (box.height * share) / 100);
}
