import { useEffect } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type Run } from '../records.js';
import { isOver } from '../runs/params.js';
import { Loaded } from '../ui/Loaded.js';
import { Markdown } from '../ui/Markdown.js';
import { useEvents } from '../ui/useEvents.js';
import { useKept, useResource } from '../ui/useResource.js';
import { cellsOf } from './cells.js';

/** As often as a running notebook is saved. */
const LOOK_MS = 2000;

/** The executed notebook of a step, cell by cell, as far as it has come. */
export function StepCells({ host, step }: { host: Host; step: Run }) {
  const over = isOver(step);
  const found = useKept(
    useResource(`${step.id} ${step.status}`, async signal => {
      try {
        return cellsOf(await host.call('runs.notebook', { run_id: step.id }, signal));
      } catch (problem) {
        const error = WorkbenchError.from(problem);
        if (error.code === 'not_found') {
          return []; // it has begun, and is not saved yet; or never came to its first cell
        }
        throw error;
      }
    }),
    step.id
  );
  useEvents(host, event => event.run_id === step.id && !over, found.reload);
  // What a cell has said is saved after the event that it has begun, and is no event by itself.
  const { reload } = found;
  useEffect(() => {
    if (over) {
      return;
    }
    const timer = setInterval(reload, LOOK_MS);
    return () => clearInterval(timer);
  }, [over, reload]);
  return (
    <Loaded of={found} label="Reading the notebook" failed="The executed notebook could not be read." rows={4}>
      {cells => over && cells.length === 0 ? (
        <p className="wb-hint">There is no executed notebook: it did not come to its first cell, or the file was deleted.</p>
      ) : (
        <ol className="wb-cells" aria-label={`Cells of ${step.job}`}>
          {cells.map(cell => (
            <li key={cell.id}>
              {cell.kind === 'markdown' ? <Markdown text={cell.source} /> : <pre className="wb-cell-source">{cell.source}</pre>}
              {cell.outputs.map((output, i) =>
                output.kind === 'picture' ? (
                  <img key={i} src={output.url} alt="A picture that the cell drew" />
                ) : (
                  <pre key={i} className={output.kind === 'error' ? 'wb-cell-output wb-bad' : 'wb-cell-output'}>
                    {output.text}
                  </pre>
                )
              )}
            </li>
          ))}
        </ol>
      )}
    </Loaded>
  );
}
