import { exact, plural } from '../format.js';
import { Button } from '../ui/Button.js';
import { doubts, isRefused, modeOf } from './draft.js';
import { type Imports } from './imports.js';
import { type Item, stateOf } from './item.js';
import { STEP_WORDS } from './Steps.js';

function runningWords(item: Item): string {
  const progress = item.run?.progress ?? item.waited;
  if (!progress) {
    return item.run ? 'queued' : 'begins';
  }
  const share = progress.share == null ? '' : `, ${Math.round(progress.share * 100)} %`;
  return `${STEP_WORDS[progress.step].toLowerCase()}${share}`;
}

/** Where one source stands, in a few words. */
export function stateWords(item: Item): string {
  const { preview } = item;
  switch (stateOf(item)) {
    case 'sending':
      return `sending ${Math.round(item.sent * 100)} %`;
    case 'looking':
      return 'looking at it…';
    case 'running':
      return runningWords(item);
    case 'done':
      return item.report!.unchanged ? 'held already' : `${plural(item.report!.rows, 'row')}${item.report!.rejected > 0 ? `, ${exact(item.report!.rejected)} set aside` : ''}`;
    case 'failed':
      return item.run?.status === 'cancelled' ? 'cancelled' : 'failed';
    case 'ready': {
      if (item.error) {
        return 'cannot be read so';
      }
      const found = doubts(preview!);
      return found.length > 0 ? `to look at: ${found.join(', ')}` : 'ready';
    }
  }
}

/** Whether it can be taken in without another look. */
export const isPlain = (item: Item): boolean =>
  stateOf(item) === 'ready' && !item.error && !item.looking && doubts(item.preview!).length === 0;

/** Several sources, each with its state. */
export function SourceList({ items, current, imports }: { items: readonly Item[]; current: number | null; imports: Imports }) {
  const plain = items.filter(isPlain);
  return (
    <div className="wb-sources">
      <ul aria-label="What is being taken in">
        {items.map(item => (
          <li key={item.id}>
            <button type="button" aria-current={item.id === current || undefined} onClick={() => imports.select(item.id)}>
              <span className="wb-row-name" title={item.label}>
                {item.label}
              </span>
              <span className={`wb-source-state wb-state-${stateOf(item)}`} title={item.error?.message}>
                {stateWords(item)}
              </span>
              <span className="wb-source-target">{target(item)}</span>
            </button>
          </li>
        ))}
      </ul>
      {plain.length > 1 && (
        <div className="wb-edit-actions wb-start">
          <Button primary onClick={() => plain.forEach(item => void imports.start(item.id))}>
            Import {plain.length === items.length ? 'all' : `the ${plain.length} that are plain`}
          </Button>
        </div>
      )}
    </div>
  );
}

/** Where it goes. */
export function target(item: Item): string {
  if (item.report) {
    return item.report.dataset;
  }
  const { preview, draft } = item;
  return preview ? `${draft.zone ?? preview.zone}.${draft.name ?? preview.name}` : '';
}

/** What the button says that takes it in: what will happen, not "OK". */
export function actionWords(item: Item): string {
  const { preview, draft } = item;
  if (!preview) {
    return 'Import';
  }
  if (isRefused(draft, preview)) {
    return 'Import';
  }
  switch (modeOf(draft, preview)) {
    case 'append':
      return `Add to ${target(item)}`;
    case 'overwrite':
      return `Replace the rows of ${target(item)}`;
    case 'upsert':
      return `Update ${target(item)}`;
    default:
      return isPlain(item) && item.draft.name === undefined && Object.keys(item.draft.columns).length === 0 ? 'Import as is' : 'Import';
  }
}
