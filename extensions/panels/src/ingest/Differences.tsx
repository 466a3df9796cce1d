import { type Difference, type Preview } from '../records.js';
import { type Draft, modeOf } from './draft.js';

const WORDS: Record<Difference['kind'], string> = {
  added: 'new',
  missing: 'not in the file',
  widened: 'widened',
  changed: 'another type'
};

/** How the source's columns differ from the dataset's, and what then. */
export function Differences(props: {
  preview: Preview;
  draft: Draft;
  onDrift: (drift: 'safe' | 'keep') => void;
  onOther: (name: string) => void;
}) {
  const { preview, draft } = props;
  const unsafe = preview.differences.some(difference => difference.kind === 'changed');
  const name = `${preview.zone}.${preview.name}`;
  const drift = draft.drift ?? 'safe';
  return (
    <section className="wb-differences" aria-label="Differences">
      <p>
        <strong>Its columns are not those of {name}.</strong>
      </p>
      <div className="wb-differences-list">
        <table className="wb-table wb-small">
          <thead>
            <tr>
              <th>Column</th>
              <th>In {preview.name}</th>
              <th>Here</th>
              <th aria-label="What differs" />
            </tr>
          </thead>
          <tbody>
            {preview.differences.map(difference => (
              <tr key={`${difference.kind} ${difference.column}`}>
                <td>{difference.column}</td>
                <td>{difference.there ?? '—'}</td>
                <td>{difference.here ?? '—'}</td>
                <td className={difference.kind === 'changed' ? 'wb-bad' : 'wb-hint'}>{WORDS[difference.kind]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div role="radiogroup" aria-label="What becomes of them" className="wb-choices">
        <label>
          <input type="radio" name="drift" checked={drift === 'safe'} disabled={modeOf(draft, preview) === 'create'} onChange={() => props.onDrift('safe')} />
          <span>
            Take new columns and wider types{unsafe && <span className="wb-bad"> — refused: a type is not a wider one</span>}
          </span>
        </label>
        <label>
          <input type="radio" name="drift" checked={drift === 'keep'} onChange={() => props.onDrift('keep')} />
          <span>Leave {preview.name} as it is: new columns are not taken, values that do not fit are set aside</span>
        </label>
        <button type="button" className="wb-link" onClick={() => props.onOther(`${preview.name}_2`)}>
          Make it a dataset of its own
        </button>
      </div>
    </section>
  );
}
