import { structuredPatch } from 'diff';

export interface ChangedLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
  /** Its number in the new text, or of a line that goes, in the old one. */
  number: number;
}

export interface Changes {
  /** Runs of lines near each other, with three around them that stay. */
  hunks: ChangedLine[][];
  added: number;
  removed: number;
}

const KINDS: Record<string, ChangedLine['kind']> = { '+': 'added', '-': 'removed', ' ': 'same' };

/** What a text has that another has not, line by line. */
export function changes(old: string, next: string): Changes {
  const patch = structuredPatch('', '', whole(old), whole(next), '', '', { context: 3 });
  const hunks = patch.hunks.map(hunk => numbered(hunk.lines, hunk.oldStart, hunk.newStart));
  const of = (kind: ChangedLine['kind']) => hunks.flat().filter(line => line.kind === kind).length;
  return { hunks, added: of('added'), removed: of('removed') };
}

/** Lines of a patch with their numbers, from the first ones on. */
function numbered(lines: readonly string[], before: number, after: number): ChangedLine[] {
  return lines.flatMap((line): ChangedLine[] => {
    const kind = KINDS[line[0] ?? ''];
    if (kind === undefined) {
      return [];
    }
    const number = kind === 'removed' ? before : after;
    before += kind === 'added' ? 0 : 1;
    after += kind === 'removed' ? 0 : 1;
    return [{ kind, text: line.slice(1), number }];
  });
}

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

/** The hunks of a unified diff, as it is written line by line. */
export function hunksOf(lines: readonly string[]): ChangedLine[][] {
  const starts = lines.flatMap((line, i) => (HUNK.test(line) ? [i] : []));
  return starts.map((start, i) => {
    const [, before, after] = HUNK.exec(lines[start]!)!;
    return numbered(lines.slice(start + 1, starts[i + 1]), Number(before), Number(after));
  });
}

/** A last line without its end is no other line. */
const whole = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
