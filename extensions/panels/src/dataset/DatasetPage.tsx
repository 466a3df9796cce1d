import { type ReactNode, useEffect, useState } from 'react';
import { exact, plural, size } from '../format.js';
import { type DatasetTab, type Host } from '../host.js';
import { viewOf } from '../catalog/levels.js';
import { type Dataset } from '../records.js';
import { Button } from '../ui/Button.js';
import { Changing } from '../ui/Changing.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { PageHead } from '../ui/PageHead.js';
import { Panel } from '../ui/Panel.js';
import { query } from '../ui/query.js';
import { Problem, Skeleton } from '../ui/States.js';
import { isStopped, Stopped } from '../ui/Stopped.js';
import { Tabs } from '../ui/Tabs.js';
import { useEvents } from '../ui/useEvents.js';
import { useResource } from '../ui/useResource.js';
import { useStored } from '../ui/useStored.js';
import { When } from '../ui/When.js';
import { Columns } from './Columns.js';
import { History } from './History.js';
import { Overview } from './Overview.js';
import { Quality } from './Quality.js';
import { Sample } from './Sample.js';
import { concerns } from './concerns.js';
import { Usage } from './Usage.js';
import { ViewPage } from '../view/ViewPage.js';

const TABS: readonly (readonly [DatasetTab, string])[] = [
  ['overview', 'Overview'],
  ['columns', 'Columns'],
  ['quality', 'Quality'],
  ['history', 'History'],
  ['sample', 'Sample'],
  ['usage', 'Usage'],
  ['lineage', 'Lineage']
];

/** What every tab is given. `version` changes when the dataset was written to, or a person wants it read again. */
export interface TabProps {
  host: Host;
  dataset: Dataset;
  version: string;
  say: (words: string) => void;
  onChanged: () => void;
}

export interface DatasetPageProps {
  host: Host;
  name: string;
  /** A tab that is asked for from outside, and something in it; the number makes every request new. */
  request?: { tab?: DatasetTab; part?: string; round: number };
  sampleRows?: number;
  /** Draws the lineage; without it there is no such tab (the graph's code is large). */
  lineage?: (name: string) => ReactNode;
  /** Where the page stands in for something else: the way back. */
  onBack?: () => void;
}

/** Everything about one dataset. A tab reads what it shows when it is first looked at. */
export function DatasetPage({ host, name, request, sampleRows = 1000, lineage, onBack }: DatasetPageProps) {
  const [kept, keep, ready] = useStored<{ tab: DatasetTab }>(host, `page:${name}`, { tab: 'overview' });
  const [notice, say] = useNotice();
  const [fresh, setFresh] = useState(0);
  const known = request?.tab === 'view';
  const dataset = useResource(known ? null : name, signal => host.call('catalog.get', { name }, signal));
  const { reload } = dataset;
  useEvents(host, event => concerns(event, name), reload);
  useEffect(() => {
    if (ready && request?.tab && request.tab !== 'view') {
      keep({ tab: request.tab });
    }
    // A request is carried out once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [ready, request?.round, keep]);

  const tabs = TABS.filter(([key]) => key !== 'lineage' || lineage);
  const tab = tabs.some(([key]) => key === kept.tab) ? kept.tab : 'overview';
  // What was there stays while nothing answers; of a dataset that somebody has dropped or renamed it would be told as if it were there.
  const facts = dataset.error?.code === 'dataset_not_found' ? undefined : dataset.data;
  const readAgain = () => {
    setFresh(n => n + 1);
    reload();
  };

  const view = known ? name : viewOf(dataset.error);
  if (view !== undefined) {
    return <ViewPage host={host} name={view} onBack={onBack} />;
  }
  const content = () => {
    if (isStopped(dataset.error)) {
      return <Stopped host={host} onStarted={reload} />;
    }
    if (!facts) {
      return dataset.error ? (
        <Problem title={dataset.data ? `${name} is not there any more.` : `${name} could not be read.`} error={dataset.error} onRetry={reload} />
      ) : (
        <Skeleton label={`Reading ${name}`} rows={10} />
      );
    }
    const part: TabProps = { host, dataset: facts, version: `${name} ${facts.updated_at} ${fresh}`, say, onChanged: reload };
    return (
      <Changing host={host} name={name}>
        <Tabs label={`Parts of ${name}`} tabs={tabs} current={tab} onChange={next => keep({ tab: next })}>
          {tab === 'overview' && <Overview {...part} onTab={next => keep({ tab: next })} />}
          {tab === 'columns' && <Columns {...part} />}
          {tab === 'quality' && <Quality {...part} part={request?.part} />}
          {tab === 'history' && <History {...part} />}
          {tab === 'sample' && <Sample {...part} limit={sampleRows} />}
          {tab === 'usage' && <Usage {...part} />}
          {tab === 'lineage' && lineage?.(name)}
        </Tabs>
      </Changing>
    );
  };

  return (
    <Panel host={host} label={`Page of ${name}`} className="wb-page">
      <PageHead
        name={name}
        zone={facts?.zone}
        facts={
          facts && (
            <span className="wb-facts" title={facts.rows === null ? undefined : `${exact(facts.rows)} rows in ${plural(facts.files, 'file')}`}>
              {size(facts).join(' · ')} · updated <When at={facts.updated_at} />
            </span>
          )
        }
        busy={dataset.loading}
        onReload={readAgain}
        onBack={onBack}
      >
        <Button onClick={() => query(host, name, say)} title="A statement that reads it">
          Query
        </Button>
      </PageHead>
      {content()}
      <Notice text={notice} />
    </Panel>
  );
}
