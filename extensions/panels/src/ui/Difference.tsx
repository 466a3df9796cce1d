import { useMemo } from 'react';
import { plural } from '../format.js';
import { type ChangedLine, changes } from './changes.js';

const MARKS: Record<ChangedLine['kind'], [mark: string, word: string]> = {
  same: ['\u00a0', ''],
  added: ['+', 'added: '],
  removed: ['\u2212', 'removed: ']
};

/** Lines that differ, with those around them; a colour never stands alone. */
export const Hunks = ({ hunks }: { hunks: ChangedLine[][] }) => (
  <>
    {hunks.map((hunk, i) => (
      <ol key={i} className="wb-hunk" aria-label={`Around line ${hunk[0]?.number ?? 1}`} tabIndex={0}>
        {hunk.map((line, j) => (
          <li key={j} className={`wb-diff-${line.kind}`}>
            <span className="wb-diff-number" aria-hidden="true">
              {line.number}
            </span>
            <span className="wb-diff-mark" aria-hidden="true">
              {MARKS[line.kind][0]}
            </span>
            <code>
              <span className="wb-unseen">{MARKS[line.kind][1]}</span>
              {line.text}
            </code>
          </li>
        ))}
      </ol>
    ))}
  </>
);

/** How one text became another, line by line. */
export function Difference({ old, next, label }: { old: string; next: string; label: string }) {
  const found = useMemo(() => changes(old, next), [old, next]);
  if (found.hunks.length === 0) {
    return <p className="wb-hint">The texts are the same.</p>;
  }
  return (
    <div className="wb-difference" role="group" aria-label={label}>
      <p className="wb-hint">
        {plural(found.added, 'line')} added, {found.removed} removed
      </p>
      <Hunks hunks={found.hunks} />
    </div>
  );
}
