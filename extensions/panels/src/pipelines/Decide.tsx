import { useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';

/** A step that waits for a person: yes or no, with a word about it. */
export function Decide(props: { host: Host; runId: string; step: string; message: string; onDecided: () => void }) {
  const [comment, setComment] = useState('');
  const [error, setError] = useState<WorkbenchError>();
  const decide = (verb: 'pipelines.approve' | 'pipelines.reject') =>
    void props.host.call(verb, { run_id: props.runId, step: props.step, comment }).then(props.onDecided, (problem: unknown) => setError(WorkbenchError.from(problem)));
  return (
    <div className="wb-form" role="group" aria-label={`Decision on ${props.step}`} data-lm-suppress-shortcuts="true">
      <p>{props.message || 'It waits for an approval.'}</p>
      <input className="wb-input" aria-label="Comment" placeholder="Comment" value={comment} onChange={event => setComment(event.target.value)} />
      <div className="wb-edit-actions wb-start">
        <Button primary onClick={() => decide('pipelines.approve')}>
          Approve
        </Button>
        <Button onClick={() => decide('pipelines.reject')}>Reject</Button>
      </div>
      {error && <Problem title="The decision was not taken." error={error} />}
    </div>
  );
}
