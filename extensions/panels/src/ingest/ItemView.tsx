import { bytes } from '../format.js';
import { type Host } from '../host.js';
import { type Reading } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem, Skeleton } from '../ui/States.js';
import { type Imports } from './imports.js';
import { type Item, stateOf } from './item.js';
import { Look } from './Look.js';
import { FORMATS } from './ReadingForm.js';
import { Result } from './Result.js';
import { Steps } from './Steps.js';

export interface ItemProps {
  host: Host;
  item: Item;
  imports: Imports;
  say: (words: string) => void;
}

/** One source: what is known of it, by how far it is. */
export function ItemView(props: ItemProps) {
  const { item, imports } = props;
  switch (stateOf(item)) {
    case 'sending':
      return (
        <div className="wb-sections">
          <p>
            Sending {item.label}
            {item.bytes !== null && `, ${bytes(item.bytes)}`}: {Math.round(item.sent * 100)} %
          </p>
          <progress className="wb-progress" aria-label={`Sending ${item.label}`} max={1} value={item.sent} />
          <div className="wb-edit-actions wb-start wb-above">
            <Button onClick={() => void imports.cancel(item.id)}>Cancel</Button>
          </div>
        </div>
      );
    case 'looking':
      return <Skeleton label={`Looking at ${item.label}`} rows={10} />;
    case 'ready':
      return <Look {...props} />;
    case 'running':
      return (
        <>
          <Steps item={item} onCancel={() => void imports.cancel(item.id)} />
          {item.error && <Problem title="It was not cancelled." error={item.error} />}
        </>
      );
    case 'done':
      return <Result {...props} report={item.report!} />;
    case 'failed':
      return <Failed {...props} />;
  }
}

function Failed({ item, imports }: ItemProps) {
  // Of an archive of different tables: its files.
  const inside = (item.error?.details.inside ?? []) as readonly string[];
  // Of a file whose name says no format: those that its content may be of.
  const formats = (item.error?.details.formats ?? []) as readonly string[];
  return item.run?.status === 'cancelled' ? (
    <div className="wb-sections">
      <p>It was stopped. Nothing of it was written.</p>
      <div className="wb-edit-actions wb-start wb-above">
        <Button primary onClick={() => imports.revise(item.id)}>
          Back to the preview
        </Button>
        <Button onClick={() => imports.remove(item.id)}>Dismiss</Button>
      </div>
    </div>
  ) : (
    <div className="wb-sections">
      {item.run && <Steps item={item} />}
      {item.error && (
        <Problem
          title={item.run ? `${item.label} was not taken in. Nothing of it was written.` : `${item.label} could not be read.`}
          error={item.error}
          onRetry={item.run ? undefined : () => void imports.again(item.id)}
          onAnyway={() => void (item.run ? imports.start(item.id, true) : imports.together(item.id))}
        />
      )}
      {!item.run && (
        <div className="wb-edit-actions wb-start wb-above">
          {inside.length > 0 && (
            <Button primary onClick={() => imports.addInside(item.id, inside)}>
              Look at each of the {inside.length} files
            </Button>
          )}
          {formats.length > 0 && <span style={{ alignSelf: 'center' }}>Read it as</span>}
          {FORMATS.filter(([format]) => formats.includes(format)).map(([format, label]) => (
            <Button key={format} onClick={() => void imports.readAs(item.id, format as Reading['format'])}>
              {label}
            </Button>
          ))}
          <Button onClick={() => imports.remove(item.id)}>Dismiss</Button>
        </div>
      )}
      {item.run && (
        <div className="wb-edit-actions wb-start wb-above">
          <Button primary onClick={() => imports.revise(item.id)}>
            Back to the preview
          </Button>
          <Button onClick={() => void imports.start(item.id)}>Try again</Button>
        </div>
      )}
    </div>
  );
}
