import { type KeyboardEvent, useRef } from 'react';

/** Letters that follow each other within so many milliseconds are one word. */
const PAUSE = 700;

/** The next of `texts` after `from` (round the end) that starts with `typed`; -1 when there is none. */
export function typeAhead(texts: readonly string[], from: number, typed: string): number {
  const wanted = typed.toLowerCase();
  // One letter again and again walks on; a longer word may stay where it is.
  const start = typed.length === 1 ? from + 1 : from;
  for (let i = 0; i < texts.length; i++) {
    const index = (start + i + texts.length) % texts.length;
    if (texts[index]!.toLowerCase().startsWith(wanted)) {
      return index;
    }
  }
  return -1;
}

/** Where a letter typed in a list leads to: the place among `texts`, or -1. */
export function useTypeAhead(): (texts: readonly string[], from: number, event: KeyboardEvent) => number {
  const typed = useRef({ text: '', at: 0 });
  return (texts, from, { key, timeStamp }) => {
    const text = timeStamp - typed.current.at < PAUSE ? typed.current.text + key : key;
    typed.current = { text, at: timeStamp };
    return typeAhead(texts, from, text);
  };
}
