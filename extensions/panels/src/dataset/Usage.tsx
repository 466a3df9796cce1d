import { type ReactNode } from 'react';
import { plural } from '../format.js';
import { type Companion, type Reader, type Run } from '../records.js';
import { Loaded } from '../ui/Loaded.js';
import { AdminsOnly } from '../ui/States.js';
import { Status } from '../ui/Status.js';
import { useAdmin } from '../ui/useMe.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { ZoneMark } from '../ui/Zone.js';
import { type TabProps } from './DatasetPage.js';

const DAYS = 30;
/** Who reads a column is asked for so many of them; a dataset of more is read by some of these at least. */
const ASKED = 500;
const SHOWN = 10;

/** Who reads it, how often, and with what. */
export function Usage({ host, dataset, version }: TabProps) {
  const { name } = dataset;
  const popular = useResource(version, signal => host.call('catalog.popular', { days: DAYS, limit: 1000 }, signal));
  const companions = useResource(version, signal => host.call('catalog.often_used_with', { name, limit: 20 }, signal));
  const runs = useResource(version, signal => host.call('runs.list', { limit: 300 }, signal));
  // Who would feel it if the columns were gone is who reads them.
  const changes = dataset.columns.slice(0, ASKED).map(column => ({ action: 'drop' as const, column: column.name }));
  const admin = useAdmin(host);
  const impact = useResource(admin ? version : null, signal => host.call('catalog.schema_impact', { name, changes }, signal));
  const mine = popular.data?.find(each => each.dataset === name);
  const rank = popular.data?.findIndex(each => each.dataset === name) ?? -1;
  const open = (other: string) => void host.open({ kind: 'dataset', name: other });

  return (
    <div className="wb-scroll wb-sections">
      <section aria-label="How often">
        <h3>Last {DAYS} days</h3>
        <Loaded of={popular} label="Counting reads" failed="The reads could not be counted." rows={1}>
          {() =>
            mine ? (
              <p>
                Read by {plural(mine.runs, 'run')} of {mine.people === 1 ? 'one person' : `${mine.people} people`}, last <When at={mine.last_at} />
                {rank >= 0 && ` · ${rankWords(rank, popular.data?.length ?? 0)}`}
              </p>
            ) : (
              <p className="wb-hint">No query, notebook or pipeline has read it. Looks at its quality do not count.</p>
            )
          }
        </Loaded>
      </section>
      <section aria-label="Who reads it">
        <h3>Who reads it</h3>
        {admin === false ? (
          <AdminsOnly />
        ) : (
          <Loaded of={impact} label="Looking for readers" failed="The readers could not be read." rows={4}>
            {found => <Readers readers={found.readers.filter(reader => reader.kind !== 'other' || reader.name !== name)} of={dataset.columns.length} onOpen={open} />}
          </Loaded>
        )}
      </section>
      <section aria-label="Latest runs">
        <h3>Latest runs that read it</h3>
        <Loaded of={runs} label="Reading the runs" failed="The runs could not be read." rows={3}>
          {found => <Runs runs={found.filter(run => run.inputs.some(input => input.name === name)).slice(0, SHOWN)} />}
        </Loaded>
      </section>
      <section aria-label="Often used with">
        <h3>Often used with</h3>
        <Loaded of={companions} label="Looking for companions" failed="It could not be told what it is used with." rows={3}>
          {found => <Companions companions={found} onOpen={open} />}
        </Loaded>
      </section>
    </div>
  );
}

const rankWords = (rank: number, of: number): string => (of === 1 ? 'the only dataset that was read' : `number ${rank + 1} of ${plural(of, 'dataset')} that were read`);

/** A table with a head (`#` marks a column of numbers), or a sentence where nothing is in it. */
const Listing = (props: { label: string; empty: string; head?: readonly string[]; children: ReactNode[] }) =>
  props.children.length === 0 ? (
    <p className="wb-hint">{props.empty}</p>
  ) : (
    <div className="wb-sideways">
      <table className="wb-table" aria-label={props.label}>
        {props.head && (
          <thead>
            <tr>
              {props.head.map(word => (
                <th key={word} className={word.startsWith('#') ? 'wb-number' : undefined}>
                  {word.replace('#', '')}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );

const Readers = ({ readers, of, onOpen }: { readers: Reader[]; of: number; onOpen: (name: string) => void }) => (
  <Listing
    label="Readers"
    empty="Nothing that was run has read it yet."
    head={['Kind', 'Name', 'Columns', '#Runs', 'Last']}
  >
    {readers.map(reader => (
      <tr key={`${reader.kind} ${reader.name}`}>
        <td>{reader.kind}</td>
        <td className="wb-ellipsis" title={reader.name}>
          {reader.kind === 'dataset' || reader.kind === 'view' ? <DatasetLink name={reader.name} onOpen={onOpen} /> : reader.name}
        </td>
        <td className="wb-ellipsis" title={reader.columns.join(', ')}>
          {columnsRead(reader, of)}
        </td>
        <td className="wb-number">{reader.runs || ''}</td>
        <td>{reader.last_at && <When at={reader.last_at} />}</td>
      </tr>
    ))}
  </Listing>
);

function columnsRead(reader: Reader, of: number): string {
  if (reader.kind === 'dataset' || (reader.kind === 'view' && reader.hops > 1)) {
    return `made from it, ${plural(reader.hops, 'step')} on`;
  }
  return !reader.sure ? 'not known' : reader.columns.length === of ? 'all' : reader.columns.join(', ');
}

const Runs = ({ runs }: { runs: Run[] }) => (
  <Listing
    label="Latest runs that read it"
    empty="None of the latest runs has read it."
    head={['When', 'By', 'Kind', 'Job', 'Status']}
  >
    {runs.map(run => (
      <tr key={run.id}>
        <td>
          <When at={run.started_at ?? run.queued_at} />
        </td>
        <td>{run.principal}</td>
        <td>{run.kind}</td>
        <td className="wb-ellipsis" title={run.job}>
          {run.job}
        </td>
        <td>
          <Status status={run.status} />
        </td>
      </tr>
    ))}
  </Listing>
);

const Companions = ({ companions, onOpen }: { companions: Companion[]; onOpen: (name: string) => void }) => (
  <Listing label="Often used with" empty="It has not been read together with another dataset.">
    {companions.map(each => (
      <tr key={each.dataset}>
        <td>
          <span className="wb-inline">
            <ZoneMark zone={each.zone} />
            <DatasetLink name={each.dataset} onOpen={onOpen} />
          </span>
        </td>
        <td className="wb-number">
          in {each.runs} of {plural(each.of, 'run')}
        </td>
      </tr>
    ))}
  </Listing>
);

const DatasetLink = ({ name, onOpen }: { name: string; onOpen: (name: string) => void }) => (
  <button type="button" className="wb-link" onClick={() => onOpen(name)}>
    {name}
  </button>
);
