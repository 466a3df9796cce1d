import { exact } from '../format.js';
import { type Snapshot } from '../records.js';

/** What a commit did to the rows, a part for each kind of change; `figure` writes a number. Who sees a part is told none. */
export function changeOf(snapshot: Snapshot, figure: (value: number | null) => string): string[] {
  const { rows_added: added, rows_updated: updated, rows_deleted: deleted } = snapshot;
  if (added === null || updated === null || deleted === null) {
    return [figure(null)];
  }
  const parts = [
    added > 0 && `+${figure(added)}`,
    updated > 0 && `${figure(updated)} updated`,
    deleted > 0 && `−${figure(deleted)}`
  ].filter((part): part is string => typeof part === 'string');
  return parts.length > 0 ? parts : ['0'];
}

/** The same in full, for where it is short. */
export const changeInWords = (snapshot: Snapshot): string => changeOf(snapshot, exact).join(' ');

/** How it was made, what it is to main where that needs a `state`, and the names it has. */
export const Operation = ({ snapshot, state }: { snapshot: Snapshot; state?: string }) => (
  <>
    {snapshot.operation}
    {state && <span className="wb-tag">{state}</span>}
    {snapshot.refs
      .filter(ref => ref !== 'main')
      .map(ref => (
        <span key={ref} className="wb-tag">
          {ref}
        </span>
      ))}
  </>
);
