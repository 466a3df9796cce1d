import { useState } from 'react';
import { type Run } from '../records.js';
import { Disclosure } from '../ui/Disclosure.js';
import { Params } from '../ui/Params.js';
import { Status } from '../ui/Status.js';
import { When } from '../ui/When.js';
import { changedBy, repairsOf } from './repair.js';

/** The repairs that a run has had: by whom, of what, and how it had ended before each. */
export function RepairHistory({ run }: { run: Run }) {
  const [open, setOpen] = useState(false);
  const repairs = repairsOf(run);
  if (repairs.length === 0) {
    return null;
  }
  return (
    <div className="wb-repairs">
      <Disclosure open={open} onToggle={() => setOpen(!open)}>
        repaired {repairs.length === 1 ? 'once' : `${repairs.length} times`}
      </Disclosure>
      {open && (
        <div className="wb-sideways">
          <table className="wb-table" aria-label="Repairs of this run">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">By</th>
                <th scope="col">Ran again</th>
                <th scope="col">Files</th>
                <th scope="col">Other parameters</th>
                <th scope="col">How it had ended before</th>
              </tr>
            </thead>
            <tbody>
              {repairs.map(repair => (
                <tr key={repair.number}>
                  <th scope="row">
                    <When at={repair.at} />
                  </th>
                  <td>{repair.by}</td>
                  <td>{repair.steps.length > 0 ? repair.steps.join(', ') : <span className="wb-hint">nothing, it was published</span>}</td>
                  <td>{repair.source === 'current' ? 'as they were then' : 'of the run'}</td>
                  <td>{changedBy(repair).length > 0 ? <Params params={changedBy(repair)} /> : <span className="wb-hint">none</span>}</td>
                  <td className="wb-repair-before">
                    <Status status={repair.before.status} /> {repair.before.error?.message}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
