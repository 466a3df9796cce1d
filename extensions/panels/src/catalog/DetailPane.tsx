import { type ReactNode } from 'react';
import { bytes, count, exact, plural, splitName } from '../format.js';
import { type Host } from '../host.js';
import { type DatasetSummary, type Snapshot } from '../records.js';
import { Grid } from '../sample/Grid.js';
import { IconButton } from '../ui/Button.js';
import { Changing } from '../ui/Changing.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { changeInWords, changeOf, Operation } from '../ui/Snapshots.js';
import { Tabs } from '../ui/Tabs.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { ZoneMark } from '../ui/Zone.js';
import { ViewDetail } from '../view/ViewDetail.js';
import { About } from './About.js';

export type Tab = 'about' | 'sample' | 'snapshots';
const TABS = [
  ['about', 'About'],
  ['sample', 'Sample'],
  ['snapshots', 'Snapshots']
] as const;

export interface DatasetActions {
  onInsert: (name: string) => void;
  onCopy: (text: string, what: string) => void;
}

const Sample = ({ host, dataset, limit }: { host: Host; dataset: DatasetSummary; limit: number }) => {
  const key = `${dataset.name} ${dataset.updated_at} ${limit}`;
  const sample = useResource(key, signal => host.call('datasets.sample', { name: dataset.name, limit }, signal));
  if (sample.data) {
    return sample.data.rows.length > 0 ? <Grid data={sample.data} label={`Sample of ${dataset.name}`} /> : <Empty>No rows yet.</Empty>;
  }
  return sample.error ? (
    <Problem title="The sample could not be read." error={sample.error} onRetry={sample.reload} />
  ) : (
    <Skeleton label="Reading the sample" />
  );
};

/** What a rollback did to it; the newest one of main needs no word. */
function mainState(snapshot: Snapshot): string {
  if (snapshot.state === 'rolled_back') {
    return 'rolled back';
  }
  return snapshot.state === 'current' && snapshot.made_current_at !== snapshot.at ? 'current' : '';
}

const Snapshots = ({ host, dataset, onCopy }: { host: Host; dataset: DatasetSummary } & Pick<DatasetActions, 'onCopy'>) => {
  const key = `${dataset.name} ${dataset.updated_at}`;
  const history = useResource(key, signal => host.call('datasets.snapshots', { name: dataset.name }, signal));
  if (!history.data) {
    return history.error ? (
      <Problem title="The history could not be read." error={history.error} onRetry={history.reload} />
    ) : (
      <Skeleton label="Reading the history" />
    );
  }
  if (history.data.length === 0) {
    return <Empty>Nothing was written yet.</Empty>;
  }
  return (
    <div className="wb-scroll">
      <table className="wb-table">
        <thead>
          <tr>
            <th>When</th>
            <th>What</th>
            <th className="wb-number">Rows</th>
            <th className="wb-number wb-wide">Total</th>
            <th>
              <span className="wb-unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {history.data.map(snapshot => (
            <tr key={String(snapshot.id)}>
              <td>
                <When at={snapshot.at} />
              </td>
              <td className="wb-rest" title={snapshot.run_id ? `${snapshot.operation}, run ${snapshot.run_id}` : snapshot.operation}>
                <Operation snapshot={snapshot} state={mainState(snapshot)} />
              </td>
              <td className="wb-number" title={`${changeInWords(snapshot)}: ${plural(snapshot.rows_total, 'row')} afterwards`}>
                {changeOf(snapshot, count).map(part => (
                  <span key={part} className="wb-part">
                    {part}{' '}
                  </span>
                ))}
              </td>
              <td className="wb-number wb-wide">{exact(snapshot.rows_total)}</td>
              <td className="wb-pinned">
                <IconButton
                  icon="copy"
                  label={`Copy ${dataset.name}@${snapshot.id}`}
                  onClick={() => onCopy(`${dataset.name}@${snapshot.id}`, 'the reference')}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

/** Everything about the selected dataset or view, beside the tree or below it. */
export function DetailPane(props: {
  host: Host;
  dataset: DatasetSummary;
  tab: Tab;
  sampleRows: number;
  onTab: (tab: Tab) => void;
  onClose: () => void;
  actions: DatasetActions;
  sash: ReactNode;
}) {
  const { host, dataset, actions } = props;
  const { name } = dataset;
  const [zone, table] = splitName(name);
  const view = dataset.kind === 'view';
  return (
    <section className="wb-detail" aria-label={name}>
      {props.sash}
      <header className="wb-detail-head">
        <ZoneMark zone={dataset.zone} />
        <h2 title={name}>
          {zone && (
            <>
              {zone}.<wbr />
            </>
          )}
          {table}
        </h2>
        <IconButton icon="dataset" label="Open" onClick={() => void host.open({ kind: 'dataset', name, tab: view ? 'view' : undefined })} />
        <IconButton icon="code" label="Insert into notebook" onClick={() => actions.onInsert(name)} />
        {!view && host.shows('sample') && (
          <IconButton icon="table" label="Open rows in the main area" onClick={() => void host.open({ kind: 'sample', name })} />
        )}
        {!view && host.shows('lineage') && (
          <IconButton icon="lineage" label="Show lineage" onClick={() => void host.open({ kind: 'lineage', name })} />
        )}
        <IconButton icon="copy" label="Copy name" onClick={() => actions.onCopy(name, 'the name')} />
        <IconButton icon="close" label="Close details" onClick={props.onClose} />
      </header>
      {view ? <ViewDetail host={host} name={name} version={dataset.updated_at} /> : <Parts {...props} />}
    </section>
  );
}

function Parts(props: Parameters<typeof DetailPane>[0]) {
  const { host, dataset, actions } = props;
  const { name } = dataset;
  return (
    <>
      <p className="wb-facts">
        {dataset.rows !== null && <span>{plural(dataset.rows, 'row')}</span>}
        {dataset.bytes !== null && <span title={plural(dataset.bytes, 'byte')}>{bytes(dataset.bytes)}</span>}
        <span>{plural(dataset.columns, 'column')}</span>
        <When at={dataset.updated_at} />
      </p>
      <Tabs label={`Parts of ${name}`} tabs={TABS} current={props.tab} onChange={props.onTab}>
        {props.tab === 'about' && (
          <Changing host={host} name={name}>
            <About host={host} dataset={dataset} />
          </Changing>
        )}
        {props.tab === 'sample' && <Sample host={host} dataset={dataset} limit={props.sampleRows} />}
        {props.tab === 'snapshots' && <Snapshots host={host} dataset={dataset} onCopy={actions.onCopy} />}
      </Tabs>
    </>
  );
}
