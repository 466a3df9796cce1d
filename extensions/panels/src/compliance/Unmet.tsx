import { type PolicyWarning } from '../records.js';
import { Words } from '../ui/Words.js';

/** The way to a line of the policy. */
export function Line({ line, onLine }: { line: number | null; onLine: (line: number) => void }) {
  return line === null ? null : (
    <>
      <button type="button" className="wb-link" onClick={() => onLine(line)}>
        Line {line}
      </button>
      {': '}
    </>
  );
}

/** Rules that meet nothing: the policy can be applied as it is, and there is perhaps a slip in it. */
export function Unmet({ warnings, onLine }: { warnings: readonly PolicyWarning[]; onLine: (line: number) => void }) {
  return (
    <ul className="wb-policy-unmet" aria-label="Warnings">
      {warnings.map(each => (
        <li key={`${each.place} ${each.message}`}>
          <Line line={each.line} onLine={onLine} />
          <Words text={each.message} /> <Words text={each.fix} />
        </li>
      ))}
    </ul>
  );
}
