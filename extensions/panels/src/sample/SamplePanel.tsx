import { bytes, exact, plural } from '../format.js';
import { type Host } from '../host.js';
import { readSnippet } from '../snippets.js';
import { Button, IconButton } from '../ui/Button.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { Panel } from '../ui/Panel.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { changesAccess, useEvents } from '../ui/useEvents.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { Zone } from '../ui/Zone.js';
import { Grid } from './Grid.js';

/** The first rows of a dataset, in the main area. */
export function SamplePanel({ host, name, limit = 1000 }: { host: Host; name: string; limit?: number }) {
  const dataset = useResource(name, signal => host.call('catalog.get', { name }, signal));
  const sample = useResource(`${name} ${limit}`, signal => host.call('datasets.sample', { name, limit }, signal));
  const [notice, say] = useNotice();
  const reload = () => {
    dataset.reload();
    sample.reload();
  };
  useEvents(host, event => changesAccess(event) || (event.type === 'run.wrote' && event.body.name === name), reload);
  const facts = dataset.data;
  const rows = sample.data;

  return (
    <Panel host={host} label={`Rows of ${name}`} className="wb-sample">
      <header className="wb-toolbar">
        {facts && <Zone zone={facts.zone} />}
        <h2 title={name}>{name}</h2>
        {facts && rows && (
          <span className="wb-facts" title={`${exact(facts.rows)} rows in ${plural(facts.files, 'file')}`}>
            {facts.rows !== null && rows.rows.length < facts.rows ? `first ${exact(rows.rows.length)} of ` : ''}
            {plural(facts.rows, 'row')} · {bytes(facts.bytes)} · updated <When at={facts.updated_at} />
          </span>
        )}
        <span className="wb-gap" />
        <Button onClick={() => void host.insert(readSnippet(name)).then(say, error => say(String((error as Error).message)))}>
          Insert into notebook
        </Button>
        {host.shows('lineage') && (
          <IconButton icon="lineage" label="Show lineage" onClick={() => void host.open({ kind: 'lineage', name })} />
        )}
        <IconButton icon="refresh" label="Read again" onClick={reload} />
      </header>
      {rows ? (
        rows.rows.length > 0 ? (
          <Grid data={rows} label={`Rows of ${name}`} />
        ) : (
          <Empty>{name} has no rows yet.</Empty>
        )
      ) : sample.error ? (
        <Problem title={`The rows of ${name} could not be read.`} error={sample.error} onRetry={reload} />
      ) : (
        <Skeleton label={`Reading ${name}`} rows={12} />
      )}
      <Notice text={notice} />
    </Panel>
  );
}
