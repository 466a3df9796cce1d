import { useState } from 'react';
import { exact, percent, plural, score as scoreWords } from '../format.js';
import { type Assessment, type Dimension } from '../records.js';
import { Bar, toneOf } from '../ui/Bar.js';
import { Loaded } from '../ui/Loaded.js';
import { useKept, useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { type TabProps } from './DatasetPage.js';
import { Expectations } from './Expectations.js';
import { Failing } from './Failing.js';
import { Quarantine } from './Quarantine.js';
import { ScoreSeries } from './ScoreSeries.js';

/** How good it is, by what, since when, and which rows are not. */
export function Quality(props: TabProps & { part?: string }) {
  const { host, dataset, version, say } = props;
  const { name } = dataset;
  const [checks, setChecks] = useState(0);
  const current = useKept(
    useResource(`${version} ${checks}`, signal => host.call('quality.current', { name }, signal)),
    name
  );
  const series = useKept(
    useResource(current.data ? `${version} ${current.data.at}` : null, signal => host.call('quality.history', { name, limit: 100 }, signal)),
    name
  );
  const [failing, setFailing] = useState<{ check: string; words: string } | null>(null);
  return (
    <div className="wb-scroll wb-sections">
      <section aria-label="Dimensions">
        <Loaded of={current} label={`Assessing ${name}`} failed="The quality could not be assessed." rows={9}>
          {assessment => (
            <>
              <Headline assessment={assessment} />
              <ul className="wb-dimensions">
                {assessment.dimensions.map(dimension => (
                  <DimensionLine key={dimension.name} dimension={dimension} onFailing={check => setFailing({ check, words: dimension.name })} />
                ))}
              </ul>
              {assessment.warnings.map(warning => (
                <p key={warning} className="wb-warning">
                  {warning}
                </p>
              ))}
            </>
          )}
        </Loaded>
        {failing && <Failing host={host} name={name} version={version} {...failing} onClose={() => setFailing(null)} />}
      </section>
      <Quarantine host={host} name={name} columns={dataset.columns} say={say} onChanged={props.onChanged} reveal={props.part === 'quarantine'} version={version} />
      {/* How many bytes it has is told to who sees all of it; to others no more than the sentence above. */}
      {dataset.bytes !== null && (
        <Expectations
          host={host}
          dataset={dataset}
          version={version}
          results={current.data?.expectations ?? []}
          onFailing={(check, words) => setFailing({ check, words })}
          onChanged={() => setChecks(n => n + 1)}
        />
      )}
      {/* It comes with the second assessment: above, it would push what is about to be clicked away. */}
      <ScoreSeries points={series.data ?? []} />
    </div>
  );
}

const Headline = ({ assessment }: { assessment: Assessment }) => {
  const assessed = assessment.dimensions.filter(dimension => dimension.score !== null).length;
  return (
    <p className="wb-headline">
      {assessment.score === null ? (
        <strong>Not assessed</strong>
      ) : (
        <>
          <strong className={`wb-figure wb-tone-text-${toneOf(assessment.score)}`}>{scoreWords(assessment.score)}</strong>
          <span>
            the mean of {plural(assessed, 'dimension')} that {assessed === 1 ? 'was' : 'were'} assessed, {exact(assessment.rows)} rows
          </span>
        </>
      )}
      <span className="wb-hint">
        <When at={assessment.at} />
      </span>
    </p>
  );
};

function DimensionLine({ dimension, onFailing }: { dimension: Dimension; onFailing: (check: string) => void }) {
  const { name, score, check_id } = dimension;
  return (
    <li>
      <span className="wb-dimension-name">{name}</span>
      {score === null ? (
        <span className="wb-not-assessed">not assessed</span>
      ) : (
        <>
          <Bar share={score} tone={toneOf(score)} label={`${name} ${scoreWords(score)} of 1`} />
          <span className="wb-number wb-dimension-score">{scoreWords(score)}</span>
        </>
      )}
      <span className="wb-evidence" title={`${dimension.formula}\n${dimension.evidence}`}>
        {dimension.evidence} {score !== null && <span className="wb-formula">{dimension.formula}</span>}
      </span>
      {dimension.failed > 0 && check_id && (
        <button
          type="button"
          className="wb-link"
          title={`${exact(dimension.failed)} of ${exact(dimension.checked)}, ${percent(dimension.failed / Math.max(1, dimension.checked))}`}
          onClick={() => onFailing(check_id)}
        >
          Rows that fail
        </button>
      )}
    </li>
  );
}
