import { useId } from 'react';
import { percent } from '../format.js';
import { type Host } from '../host.js';
import { type LoadMode } from '../records.js';
import { Chips } from '../ui/Chips.js';
import { Since } from '../sources/Since.js';
import { useSuggestions } from '../ui/useSuggestions.js';
import { type Draft, keysOf, modeOf } from './draft.js';
import { type Item } from './item.js';
import { splitName } from '../format.js';

const MODES: [LoadMode, string, string][] = [
  ['append', 'Add the rows', 'The rows that are there stay'],
  ['overwrite', 'Replace all rows', 'The rows of today stay in the history'],
  ['upsert', 'Update by key', 'Rows with the same key are replaced, the others are added']
];

/** Where it goes, and what becomes of what is there. */
export function TargetForm({ host, item, onChange }: { host: Host; item: Item; onChange: (draft: Draft, again?: boolean) => void }) {
  const preview = item.preview!;
  const { draft } = item;
  const id = useId();
  const zone = draft.zone ?? preview.zone;
  const suggested = useSuggestions(host, draft.name ?? preview.name, { zone });
  const names = preview.columns.filter(column => column.take).map(column => column.name);
  const mode = modeOf(draft, preview);
  const into = (dataset: string) => {
    const [namespace, table] = splitName(dataset);
    onChange({ ...draft, zone: namespace, name: table });
  };
  const alike = preview.resembles.filter(each => each.dataset !== `${zone}.${draft.name ?? preview.name}`).slice(0, 3);
  const partitions = draft.partition_by ?? [];
  const proposed = preview.partition_by.filter(column => !partitions.includes(column));
  return (
    <fieldset>
      <legend>Where it goes</legend>
      <label className="wb-field" data-said={draft.zone !== undefined || undefined}>
        <span>Zone</span>
        <select className="wb-select" value={zone} onChange={event => onChange({ ...draft, zone: event.target.value })}>
          {[...new Set(['bronze', 'silver', zone])].map(each => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <label className="wb-field" data-said={draft.name !== undefined || undefined}>
        <span>Dataset</span>
        <input
          className="wb-input"
          list={id}
          spellCheck={false}
          placeholder={preview.name}
          value={draft.name ?? preview.name}
          onChange={event => onChange({ ...draft, name: event.target.value })}
          onBlur={() => draft.name === '' && onChange({ ...draft, name: undefined })}
        />
        <datalist id={id}>
          {suggested.map(name => (
            <option key={name} value={splitName(name)[1]} />
          ))}
        </datalist>
      </label>
      {!preview.exists && <p className="wb-hint">It will be a new dataset.</p>}
      {alike.length > 0 && (
        <ul className="wb-alike" aria-label="Datasets that look like it">
          {alike.map(each => (
            <li key={each.dataset}>
              <span title={`${percent(each.score)} of the columns are the same`}>
                Looks like {each.dataset} ({percent(each.score)}){' '}
              </span>
              <button type="button" className="wb-link" onClick={() => into(each.dataset)}>
                Add to it
              </button>
            </li>
          ))}
        </ul>
      )}
      {preview.exists && (
        <div role="radiogroup" aria-label="What becomes of the rows that are there" className="wb-choices">
          {MODES.map(([key, words, hint]) => (
            <label key={key} title={hint}>
              <input type="radio" name={`mode-${item.id}`} checked={mode === key} onChange={() => onChange({ ...draft, mode: key })} />
              <span>{words}</span>
            </label>
          ))}
        </div>
      )}
      {mode === 'upsert' && (
        <div className="wb-field" data-said={draft.keys !== undefined || undefined}>
          <span>Key</span>
          <Chips
            label="Columns that identify a row"
            noun="key column"
            closed
            values={keysOf(draft, preview)}
            known={names}
            onAdd={key => onChange({ ...draft, keys: [...keysOf(draft, preview), key] })}
            onRemove={key => onChange({ ...draft, keys: keysOf(draft, preview).filter(each => each !== key) })}
          />
        </div>
      )}
      {mode === 'upsert' && (
        <label className="wb-check" title="Without it such rows refuse the file">
          <input
            type="checkbox"
            checked={draft.duplicates === 'last'}
            onChange={event => onChange({ ...draft, duplicates: event.target.checked ? 'last' : undefined }, false)}
          />
          <span>Take the last of rows with the same key</span>
        </label>
      )}
      {(mode === 'append' || mode === 'upsert') && <Since item={item} onChange={onChange} />}
      {!preview.exists && (
        <div className="wb-field" data-said={draft.partition_by !== undefined || undefined}>
          <span title="Rows of one value lie together: queries that ask for some of them read less">Partitions</span>
          <span>
            <Chips
              label="Partitioned by"
              noun="partition"
              values={partitions}
              known={[...preview.partition_by, ...names]}
              onAdd={column => onChange({ ...draft, partition_by: [...partitions, column] }, false)}
              onRemove={column => onChange({ ...draft, partition_by: partitions.filter(each => each !== column) }, false)}
            />
            {proposed.length > 0 && (
              <button type="button" className="wb-link" onClick={() => onChange({ ...draft, partition_by: [...partitions, ...proposed] }, false)}>
                Proposed: {proposed.join(', ')}
              </button>
            )}
            {proposed.length > 0 && preview.partition_why && <span className="wb-hint">{preview.partition_why}</span>}
          </span>
        </div>
      )}
    </fieldset>
  );
}
