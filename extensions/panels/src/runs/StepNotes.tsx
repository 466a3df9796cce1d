import { plural } from '../format.js';
import { type Run, type RunError } from '../records.js';
import { When } from '../ui/When.js';
import { isOver } from './params.js';

/** What a step gave to those after it. */
export const GivenNote = ({ given }: { given: unknown }) => {
  const values = Object.entries((given ?? {}) as Record<string, unknown>).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return values.length > 0 ? <span className="wb-row-note">gave {values.join(', ')}</span> : null;
};

/** Why a step was skipped, or which of its attempts have failed. */
export const AttemptsNote = ({ step }: { step: Run }) => {
  const { skipped, attempts, retry_at: next } = step.attributes;
  if (typeof skipped === 'string') {
    return <span className="wb-row-note">{skipped}</span>;
  }
  const failed = Array.isArray(attempts) ? (attempts as { error: RunError }[]) : [];
  if (failed.length === 0) {
    return null;
  }
  const waits = !isOver(step) && typeof next === 'string' && Date.parse(next) > Date.now();
  return (
    <span className="wb-row-note" title={failed.map(({ error }, i) => `${i + 1}: ${error.message}`).join('\n')}>
      {plural(failed.length, 'attempt')} failed before
      {waits && (
        <>
; the next begins <When at={next} />
        </>
      )}
    </span>
  );
};

/** What the steps have written and nobody else sees, for not all have succeeded. */
export const UnpublishedNote = ({ run }: { run: Run }) => {
  const { unpublished } = run.attributes;
  return Array.isArray(unpublished) && unpublished.length > 0 ? (
    <p className="wb-row-note" title={`Branch run-${run.id} of each. They are published when the run is repaired.`}>
      Not published: {unpublished.join(', ')}
    </p>
  ) : null;
};
