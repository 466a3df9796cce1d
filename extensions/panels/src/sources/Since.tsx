import { type Draft } from '../ingest/draft.js';
import { type Item } from '../ingest/imports.js';

// Of these one value is the greatest, and a later one is greater.
const GROWING = /^(int|long|decimal|date|timestamp)/;

/** Of a database: whether all rows are read again, or those that are new by a column. */
export function Since({ item, onChange }: { item: Item; onChange: (draft: Draft, again?: boolean) => void }) {
  const { draft } = item;
  const preview = item.preview!;
  const columns = preview.columns.filter(column => column.take && GROWING.test(column.type));
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
        onChange={event => onChange({ ...draft, since: event.target.value || undefined }, false)}
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
