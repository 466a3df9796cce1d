import { type ReactNode } from 'react';
import { exact, score as scoreWords, stored } from '../format.js';
import { type DatasetTab } from '../host.js';
import { Bar, toneOf } from '../ui/Bar.js';
import { Chips } from '../ui/Chips.js';
import { Editable } from '../ui/Editable.js';
import { Markdown } from '../ui/Markdown.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { withheldWords } from '../ui/wording.js';
import { Zone } from '../ui/Zone.js';
import { type TabProps } from './DatasetPage.js';
import { Glossary } from './Glossary.js';
import { Recommendations } from './Recommendations.js';
import { Zones } from './Zones.js';

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
        <Recommendations host={host} name={name} onChanged={onChanged} say={props.say} version={`${version} ${dataset.description} ${dataset.owner} ${dataset.labels.join()}`} />
        <Zones {...props} />
      </div>
      <dl className="wb-overview-facts">
        <Fact term="Zone">
          <Zone zone={dataset.zone} />
        </Fact>
        <Score host={host} dataset={dataset} version={version} onTab={onTab} />
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
          <span title={dataset.location}>{stored(dataset)}</span>
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
        <Glossary host={host} dataset={dataset} onChanged={onChanged} />
      </Fact>
    </>
  );
}

/** The newest score, as it was assessed: looking here does not assess it again. Of what one sees in part it is not told. */
function Score({ host, dataset, version, onTab }: Pick<TabProps, 'host' | 'dataset' | 'version'> & { onTab: (tab: DatasetTab) => void }) {
  const { name } = dataset;
  // How many bytes it has is told to who sees all of it.
  const told = dataset.bytes !== null;
  const series = useResource(told ? `${version} score` : null, signal => host.call('quality.history', { name, limit: 1 }, signal));
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
      ) : series.error || !told ? (
        <span className="wb-hint" title={series.error ? withheldWords(series.error) : `You see only a part of ${name}.`}>
          not shown
        </span>
      ) : (
        '…'
      )}
    </Fact>
  );
}
