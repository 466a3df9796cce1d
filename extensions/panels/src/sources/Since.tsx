import { type Draft } from '../ingest/draft.js';
import { type Item } from '../ingest/item.js';

// Of these one value is the greatest, and a later one is greater.
const GROWING = /^(int|long|decimal|date|timestamp)/;

/** Of a database: whether all rows are read again, or those that are new by a column. */
export function Since({ item, onChange }: { item: Item; onChange: (draft: Draft, again?: boolean) => void }) {
  const { draft } = item;
  const preview = item.preview!;
  // Where nothing is new, a database that is a file may not say of which type a column would be.
  const columns = preview.columns.filter(column => column.take && (GROWING.test(column.type) || column.original === draft.since));
  const upserts = draft.mode === 'upsert' && preview.keys.length > 0;
  if (!item.source?.startsWith('connection:') || columns.length === 0) {
    return null;
  }
  return (
    <label className="wb-field" data-said={draft.since !== undefined || undefined}>
      <span title="Rows above the greatest value that the dataset has of this column">Only what is new</span>
      <select
        className="wb-select"
        aria-label="Only what is new, by"
        value={draft.since ?? ''}
        // A few new rows propose no key: what all of them proposed stays.
        onChange={event => onChange({ ...draft, since: event.target.value || undefined, keys: draft.keys ?? (upserts ? preview.keys : undefined) })}
      >
        <option value="">no, all rows</option>
        {columns.map(column => (
          <option key={column.place} value={column.original}>
            by {column.name}
          </option>
        ))}
      </select>
    </label>
  );
}
