import { useEffect, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { isOver } from '../runs/params.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';

const LOOK = 500;

/** Opens a step's notebook at the cell that failed (of SQL its statement, of a function its call), in a place of its own where the cells above it are run again. */
export function DebugStep({ host, runId, step }: { host: Host; runId: string; step: string }) {
  const gone = useRef(false);
  const [notes, setNotes] = useState<string[]>([]);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
    };
  }, []);
  const open = useAction(async () => {
    setNotes([]);
    let made = await host.call('pipelines.debug', { run_id: runId, step });
    while (!isOver(made) && !gone.current) {
      await new Promise(resolve => setTimeout(resolve, LOOK));
      made = await host.call('runs.get', { run_id: made.id });
    }
    if (made.error) {
      throw new WorkbenchError(made.error.message, made.error.code, made.error.fix);
    }
    setNotes(Array.isArray(made.attributes.notes) ? made.attributes.notes.map(String) : []);
    if (!gone.current && typeof made.attributes.path === 'string') {
      await host.open({ kind: 'notebook', path: made.attributes.path, cell: String(made.attributes.cell), runAbove: true });
    }
  });
  return (
    <>
      <Button disabled={open.busy} onClick={() => void open.run()} title="Open a copy at what failed, with the state before it. Nothing else is changed there">
        {open.busy ? 'Copying what it read…' : 'Look for what is wrong'}
      </Button>
      {notes.map(note => (
        <p key={note} className="wb-warning" role="status">
          {note}
        </p>
      ))}
      {open.error && <Problem title="It was not opened." error={open.error} />}
    </>
  );
}
