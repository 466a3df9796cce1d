import { exact, plural, score as scoreWords } from '../format.js';
import { type IngestReport } from '../records.js';
import { Bar, toneOf } from '../ui/Bar.js';
import { Button } from '../ui/Button.js';
import { query } from '../ui/query.js';
import { useResource } from '../ui/useResource.js';
import { Words } from '../ui/Words.js';
import { warningsBeside } from './item.js';
import { type ItemProps } from './ItemView.js';
import { OtherSheets } from './OtherSheets.js';

/** What a load did, and what one does next. */
export function Result({ host, item, imports, say, report }: ItemProps & { report: IngestReport }) {
  const name = report.dataset;
  const open = (tab?: 'quality', part?: string) => void host.open({ kind: 'dataset', name, tab, part });
  const personal = [...new Set(report.personal?.map(([column]) => column))];
  const me = useResource(personal.length > 0 ? 'me' : null, signal => host.call('users.me', {}, signal));
  const reviews = host.shows('compliance') && me.data?.roles.includes('admin');
  return (
    <div className="wb-scroll wb-sections wb-result">
      <p className="wb-headline" role="status">
        <strong className="wb-good">{headline(report)}</strong>
        {report.rejected > 0 && (
          <button type="button" className="wb-link" onClick={() => open('quality', 'quarantine')}>
            {exact(report.rejected)} set aside
          </button>
        )}
        {report.removed > 0 && <span>{exact(report.removed)} removed</span>}
        {report.updated > 0 && <span>{exact(report.updated)} updated</span>}
      </p>
      <div className="wb-edit-actions wb-start">
        <Button primary onClick={() => open()}>
          Open
        </Button>
        <Button onClick={() => query(host, name, say)}>Query</Button>
        {report.rejected > 0 && <Button onClick={() => open('quality', 'quarantine')}>Correct what was set aside</Button>}
        <Button onClick={() => imports.remove(item.id)}>Done</Button>
      </div>
      <OtherSheets item={item} imports={imports} />
      {warningsBeside(report.warnings, (item.preview?.sheets.length ?? 0) > 1).map(warning => (
        <p key={warning} className="wb-warning">
          <Words text={warning} />
        </p>
      ))}
      {personal.length > 0 && (
        <p className="wb-warning">
          {personal.length === 1 ? '1 column looks' : `${personal.length} columns look`} like personal data:{' '}
          {report.personal?.map(([column, tag]) => `${column} (${tag})`).join(', ')}.{' '}
          {reviews ? (
            <button type="button" className="wb-link" onClick={() => void host.open({ kind: 'compliance', name, part: 'personal' })}>
              Review
            </button>
          ) : (
            'An administrator confirms or rejects that.'
          )}
        </p>
      )}
      {report.quality !== null && (
        <section aria-label="Quality">
          <h3>Quality {scoreWords(report.quality)}</h3>
          {report.verdict && (
            <p className="wb-hint">
              <Words text={report.verdict} />
            </p>
          )}
          <ul className="wb-dimensions">
            {report.dimensions.map(dimension => (
              <li key={dimension.name}>
                <span className="wb-dimension-name">{dimension.name}</span>
                {dimension.score === null ? (
                  <span className="wb-not-assessed">not assessed</span>
                ) : (
                  <>
                    <Bar share={dimension.score} tone={toneOf(dimension.score)} label={`${dimension.name} ${scoreWords(dimension.score)} of 1`} />
                    <span className="wb-number">{scoreWords(dimension.score)}</span>
                  </>
                )}
                <span className="wb-evidence" title={`${dimension.formula}\n${dimension.evidence}`}>
                  {dimension.evidence}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function headline(report: IngestReport): string {
  if (report.unchanged) {
    return `${report.dataset} holds this already: nothing was written.`;
  }
  const files = report.files > 1 ? ` from ${plural(report.files, 'file')}` : '';
  return `${plural(report.rows, 'row')}${files} into ${report.dataset}.`;
}
