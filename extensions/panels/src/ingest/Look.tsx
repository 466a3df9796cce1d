import { useEffect, useRef, useState } from 'react';
import { bytes, exact, plural } from '../format.js';
import { type Preview } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useSlow } from '../ui/useResource.js';
import { Words } from '../ui/Words.js';
import { Differences } from './Differences.js';
import { type Draft, isRefused, isUntouched, EMPTY_DRAFT, keysOf, modeOf } from './draft.js';
import { warningsBeside } from './item.js';
import { type ItemProps } from './ItemView.js';
import { OtherSheets } from './OtherSheets.js';
import { PreviewGrid } from './PreviewGrid.js';
import { ReadingForm } from './ReadingForm.js';
import { actionWords } from './SourceList.js';
import { TargetForm } from './TargetForm.js';

/** What was understood of a source, each part to be corrected, before anything is written. */
export function Look({ host, item, imports }: ItemProps) {
  const preview = item.preview!;
  const { draft } = item;
  const change = (next: Draft, again = true) => imports.change(item.id, next, again);
  const [onlyMisfits, setOnlyMisfits] = useState(false);
  const slow = useSlow(item.looking, 300);
  const button = useRef<HTMLDivElement>(null);
  const reason = item.error ? 'It cannot be read so.' : whyNot(draft, preview);

  // The quick way: a plain file is taken in by pressing Enter.
  useEffect(() => {
    const active = document.activeElement;
    if (!active || active === document.body || active.closest('.wb-toolbar') || active.classList.contains('wb-host')) {
      button.current?.querySelector('button')?.focus();
    }
  }, []);

  return (
    <div className="wb-look" aria-busy={item.looking}>
      <div className="wb-look-bar">
        <p className="wb-facts">
          <span>{preview.reading.format ?? 'data'}</span>
          {preview.bytes !== null && <span>{bytes(preview.bytes)}</span>}
          {preview.rows !== null && (
            <span>
              {preview.exact ? '' : 'about '}
              {plural(preview.rows, 'row')}
            </span>
          )}
          <span>{plural(preview.columns.length, 'column')}</span>
          {preview.remembered && <span title="A file of this source was corrected before">read as last time</span>}
        </p>
        <span className="wb-gap" />
        <span className="wb-hint" role="status">
          {slow ? 'Looking again…' : reason}
        </span>
        {!isUntouched(draft) && <Button onClick={() => change(EMPTY_DRAFT)}>As it was found</Button>}
        <div ref={button}>
          <Button primary disabled={item.starting || reason !== ''} onClick={() => void imports.start(item.id)}>
            {actionWords(item)}
          </Button>
        </div>
      </div>
      <div className="wb-look-body">
        <form className="wb-look-form" aria-label="How it is taken in" data-lm-suppress-shortcuts="true" onSubmit={event => event.preventDefault()}>
          <TargetForm host={host} item={item} onChange={change} />
          <ReadingForm preview={preview} draft={draft} onChange={change} />
        </form>
        <div className="wb-look-main">
          <div className="wb-look-notes">
            {item.error && <Problem title="It cannot be taken in so." error={item.error} onRetry={() => void imports.look(item.id)} />}
            {preview.taken && !draft.force && (
              <p className="wb-warning" role="status">
                The same content was taken in before. Taking it in again changes nothing.{' '}
                <button type="button" className="wb-link" onClick={() => change({ ...draft, force: true }, false)}>
                  Take it in once more
                </button>
              </p>
            )}
            {preview.only && (
              <p className="wb-hint" role="status">
                {preview.rows === 0 ? `Nothing is new. ${preview.only}` : preview.only}
              </p>
            )}
            {preview.exists && preview.differences.length > 0 && (
              <Differences preview={preview} draft={draft} onDrift={drift => change({ ...draft, drift })} onOther={name => change({ ...draft, name })} />
            )}
            {preview.misfit_count > 0 && (
              <p className="wb-warning wb-warning-bad" role="status">
                {misfitWords(preview)}{' '}
                <button type="button" className="wb-link" aria-pressed={onlyMisfits} onClick={() => setOnlyMisfits(!onlyMisfits)}>
                  {onlyMisfits ? 'Show all rows' : 'Show only these'}
                </button>
              </p>
            )}
            <OtherSheets item={item} imports={imports} />
            {warningsBeside(preview.warnings, preview.sheets.length > 1).map(warning => (
              <p key={warning} className="wb-warning">
                <Words text={warning} />
              </p>
            ))}
          </div>
          <PreviewGrid preview={preview} draft={draft} onlyMisfits={onlyMisfits && preview.misfit_count > 0} onChange={change} />
        </div>
      </div>
    </div>
  );
}

/** How many will be set aside, and of how many that is known. */
function misfitWords(preview: Preview): string {
  const found = exact(preview.misfit_count);
  const one = preview.misfit_count === 1;
  return preview.exact && preview.rows !== null
    ? `${found} of ${exact(preview.rows)} rows ${one ? 'does' : 'do'} not fit and will be set aside, to be corrected later.`
    : `${found} of the rows looked at ${one ? 'does' : 'do'} not fit; such rows will be set aside, to be corrected later.`;
}

/** Why it cannot be taken in as things stand; empty where it can. */
function whyNot(draft: Draft, preview: Preview): string {
  if (preview.refused) {
    return 'You may not take it in there.';
  }
  if (isRefused(draft, preview)) {
    return 'Choose what becomes of the columns that differ.';
  }
  if (modeOf(draft, preview) === 'upsert' && keysOf(draft, preview).length === 0) {
    return 'Name the columns that identify a row.';
  }
  return preview.columns.some(column => column.take) ? '' : 'Take at least one column.';
}
