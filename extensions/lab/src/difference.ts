/** The least part of a text that another differs in. */
export function difference(old: string, next: string): { start: number; end: number; words: string } {
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) {
    start += 1;
  }
  let same = 0;
  while (same < old.length - start && same < next.length - start && old[old.length - 1 - same] === next[next.length - 1 - same]) {
    same += 1;
  }
  return { start, end: old.length - same, words: next.slice(start, next.length - same) };
}
