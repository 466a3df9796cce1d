import { describe, expect, it } from 'vitest';
import { difference } from './difference';

describe('the part of a text that changes', () => {
  it('is the least, so that cursors and undo of other editors stay with the rest', () => {
    for (const [old, next] of [
      ['a\nb\nc', 'a\nB\nc'],
      ['aa', 'aaa'],
      ['aaa', 'aa'],
      ['', 'x'],
      ['same', 'same']
    ] as const) {
      const { start, end, words } = difference(old, next);
      expect(old.slice(0, start) + words + old.slice(end)).toBe(next);
    }
    expect(difference('a\nb\nc', 'a\nB\nc')).toEqual({ start: 2, end: 3, words: 'B' });
  });
});
