import { type DraftProblem } from '../../records/drafts.js';
import { Button } from '../../ui/Button.js';
import { type Entry, others, shown } from './fields.js';
import { Line } from './Field.js';

/** Keys that the workbench does not know. They stay in the file. */
export function Unknown(props: { of: Entry; known: string[]; problems: Map<string, DraftProblem>; disabled: boolean; onRemove: (key: string) => void }) {
  return (
    <>
      {others(props.of, props.known).map(([key, value]) => (
        <Line key={key} label={key} problem={props.problems.get(key)}>
          <span className="wb-draft-unknown">
            <code>{shown(value)}</code>
            <Button disabled={props.disabled} onClick={() => props.onRemove(key)} title={`Take ${key} out of the file`}>
              Remove
            </Button>
          </span>
        </Line>
      ))}
    </>
  );
}
