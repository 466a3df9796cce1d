import { Fragment, type ReactNode, useState } from 'react';
import { bytes, exact, plural, score as scoreWords } from '../format.js';
import { type DatasetTab } from '../host.js';
import { type Insight } from '../records.js';
import { Bar, toneOf } from '../ui/Bar.js';
import { Chips } from '../ui/Chips.js';
import { Editable } from '../ui/Editable.js';
import { Markdown } from '../ui/Markdown.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { Words } from '../ui/Words.js';
import { Zone } from '../ui/Zone.js';
import { type TabProps } from './DatasetPage.js';
import { Zones } from './Zones.js';

/** Other datasets of one piece of advice that are named. */
const OTHERS = 5;

const Fact = ({ term, children }: { term: string; children: ReactNode }) => (
  <>
    <dt>{term}</dt>
    <dd>{children}</dd>
  </>
);

/** What it is, whose, how good, and what to do about it. */
export function Overview(props: TabProps & { onTab: (tab: DatasetTab) => void }) {
  const { host, dataset, version, onChanged, onTab } = props;
  const { name } = dataset;
  return (
    <div className="wb-scroll wb-overview">
      <div className="wb-overview-main">
        <Editable
          key={name}
          host={host}
          slot={`draft:${name}`}
          label="Description"
          text={dataset.description}
          add="Add a description"
          rows={6}
          hint="Markdown. Control Enter saves."
          onSave={description => host.call('catalog.describe', { name, description }).then(onChanged)}
        >
          <Markdown text={dataset.description} />
        </Editable>
        <Recommendations host={host} name={name} version={`${version} ${dataset.description} ${dataset.owner} ${dataset.labels.join()}`} />
        <Zones {...props} />
      </div>
      <dl className="wb-overview-facts">
        <Fact term="Zone">
          <Zone zone={dataset.zone} />
        </Fact>
        <Score host={host} name={name} version={version} onTab={onTab} />
        <Fact term="Owner">
          <Editable
            key={name}
            host={host}
            slot={`owner:${name}`}
            label="Owner"
            text={dataset.owner}
            add="Name an owner"
            onSave={owner => host.call('catalog.describe', { name, owner }).then(onChanged)}
          >
            {dataset.owner}
          </Editable>
        </Fact>
        <Labels host={host} dataset={dataset} onChanged={onChanged} />
        <Fact term="Rows">{exact(dataset.rows)}</Fact>
        <Fact term="Columns">{exact(dataset.columns.length)}</Fact>
        <Fact term="Stored in">
          <span title={dataset.location}>
            {bytes(dataset.bytes)} in {plural(dataset.files, 'file')}
          </span>
        </Fact>
        {dataset.partitioning.length > 0 && <Fact term="Partitioned by">{dataset.partitioning.join(', ')}</Fact>}
        <Fact term="Updated">
          <When at={dataset.updated_at} />
        </Fact>
        <Fact term="Created">
          <When at={dataset.created_at} />
        </Fact>
      </dl>
    </div>
  );
}

/** The tags and the terms of the glossary. */
function Labels({ host, dataset, onChanged }: Pick<TabProps, 'host' | 'dataset' | 'onChanged'>) {
  const { name } = dataset;
  const tags = useResource('tags', signal => host.call('catalog.tags', {}, signal));
  const terms = useResource('terms', signal => host.call('catalog.terms', {}, signal));
  const say = useAction(async (work: () => Promise<unknown>) => {
    await work();
    onChanged();
  });
  return (
    <>
      <Fact term="Tags">
        <Chips
          label="Tags"
          noun="tag"
          values={dataset.labels}
          known={tags.data?.map(use => use.tag)}
          error={say.error}
          onAdd={tag => void say.run(() => host.call('catalog.tag', { name, tag }))}
          onRemove={tag => void say.run(() => host.call('catalog.untag', { name, tag }))}
        />
      </Fact>
      <Fact term="Glossary">
        <Chips
          label="Terms of the glossary"
          noun="term"
          closed
          values={dataset.terms}
          known={terms.data?.map(term => term.name)}
          onAdd={term => void say.run(() => host.call('catalog.link_term', { term, name }))}
          onRemove={term => void say.run(() => host.call('catalog.unlink_term', { term, name }))}
        />
        {dataset.terms.map(term => {
          const known = terms.data?.find(each => each.name === term);
          return (
            known && (
              <p key={term} className="wb-hint" title={known.definition}>
                {known.name}: {known.definition}
              </p>
            )
          );
        })}
      </Fact>
    </>
  );
}

/** The newest score, as it was assessed: looking here does not assess it again. */
function Score({ host, name, version, onTab }: Pick<TabProps, 'host' | 'version'> & { name: string; onTab: (tab: DatasetTab) => void }) {
  const series = useResource(`${version} score`, signal => host.call('quality.history', { name, limit: 1 }, signal));
  const last = series.data?.at(-1);
  const open = (
    <button type="button" className="wb-link" onClick={() => onTab('quality')}>
      {last ? 'Why' : 'Assess it'}
    </button>
  );
  return (
    <Fact term="Quality">
      {last && last.score !== null ? (
        <span className="wb-score">
          <Bar share={last.score} tone={toneOf(last.score)} label={`Quality ${scoreWords(last.score)} of 1`} />
          {scoreWords(last.score)} <When at={last.at} /> {open}
        </span>
      ) : series.data ? (
        <span className="wb-score">not assessed yet {open}</span>
      ) : (
        '…'
      )}
    </Fact>
  );
}

function Recommendations({ host, name, version }: Pick<TabProps, 'host' | 'version'> & { name: string }) {
  const found = useResource(version, signal => host.call('catalog.recommendations', { name }, signal));
  const [all, setAll] = useState(false);
  if (found.error) {
    return <Problem title="The recommendations could not be read." error={found.error} onRetry={found.reload} />;
  }
  if (!found.data?.length) {
    return null;
  }
  const mine = found.data.filter(insight => insight.datasets.includes(name));
  const others = found.data.length - mine.length;
  return (
    <section aria-label="Recommendations">
      <h3>What would make it better</h3>
      {mine.length === 0 && <p className="wb-hint">Nothing about itself.</p>}
      <ul className="wb-advice">
        {(all ? found.data : mine).map(insight => (
          <Advice key={`${insight.kind} ${insight.message}`} insight={insight} about={name} onOpen={other => void host.open({ kind: 'dataset', name: other })} />
        ))}
      </ul>
      {others > 0 && (
        <button type="button" className="wb-link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Only what is about it' : `Show all: ${exact(others)} more about what it is used with`}
        </button>
      )}
    </section>
  );
}

/** What is done on this very page, where the advice is about the dataset of the page. */
const HERE: Readonly<Record<string, string>> = {
  undocumented: 'Add a description above.',
  unowned: 'Name an owner on this page.',
  'failing quality': 'The tab Quality shows the rows that fail.'
};

/** The command line's way is for those who are there. */
const fixOf = ({ kind, datasets, fix }: Insight, about: string): string =>
  (fix.includes('workbench ') && datasets.length === 1 && datasets[0] === about && HERE[kind]) || fix;

/** One piece of advice, with ways to the other datasets that it is about. */
const Advice = ({ insight, about, onOpen }: { insight: Insight; about: string; onOpen: (name: string) => void }) => (
  <li>
    <Words text={insight.message} />{' '}
    <span className="wb-hint">
      <Words text={fixOf(insight, about)} />
    </span>
    {insight.datasets
      .filter(each => each !== about)
      .slice(0, OTHERS)
      .map(each => (
        <Fragment key={each}>
          {' '}
          <button type="button" className="wb-link" onClick={() => onOpen(each)}>
            {each}
          </button>
        </Fragment>
      ))}
  </li>
);
