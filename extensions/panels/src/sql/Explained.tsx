import { useState } from 'react';
import { bytes, duration, exact, plural } from '../format.js';
import { type Host, WorkbenchError } from '../host.js';
import { type Estimate, type Explanation, type StatementProfile } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { Problem, Skeleton } from '../ui/States.js';
import { useResource } from '../ui/useResource.js';
import { costLine } from './cost.js';
import { PlanTree } from './PlanTree.js';

/** What a statement would read, cost and return, without running it; and, when asked, how it was carried out. */
export function Explained(props: { host: Host; sql: string; params?: Record<string, unknown>; round: number; onClose: () => void }) {
  const { host, sql } = props;
  const args = { sql, ...(props.params ? { params: props.params } : {}) };
  const key = `${props.round} ${sql}`;
  const found = useResource(key, signal => host.call('query.explain', args, signal));
  const cost = useResource(found.data?.decision.allowed ? key : null, signal => host.call('query.estimate', args, signal));
  const [measured, setMeasured] = useState<{ key: string; profile?: StatementProfile; error?: WorkbenchError }>();
  const now = measured?.key === key ? measured : undefined;
  const measure = async () => {
    setMeasured({ key });
    try {
      setMeasured({ key, profile: await host.call('query.profile', args) });
    } catch (problem) {
      setMeasured({ key, error: WorkbenchError.from(problem) });
    }
  };
  const told = found.data;
  const reads = told?.decision.kind === 'select';
  return (
    <section className="wb-sql-explained" aria-label="What it would do">
      <header className="wb-sql-bar">
        <strong>{told && !told.decision.allowed ? 'It is not allowed' : 'What it would do'}</strong>
        {cost.data && <span className="wb-facts">{costLine(cost.data)}</span>}
        <span className="wb-gap" />
        {reads && (
          <Button onClick={() => void measure()} disabled={now !== undefined && !now.profile && !now.error} title="Runs it, and tells rows and time of each step">
            Run and measure
          </Button>
        )}
        <IconButton icon="close" label="Close" onClick={props.onClose} />
      </header>
      {found.error ? (
        <Problem title="It could not be explained." error={found.error} onRetry={found.reload} />
      ) : !told ? (
        <Skeleton label="Asking what it would do" rows={6} />
      ) : (
        <div className="wb-scroll wb-sql-told">
          <Facts host={host} told={told} cost={cost.data} />
          {now?.error && <Problem title="It was not measured." error={now.error} />}
          {now && !now.profile && !now.error && <Skeleton label="The statement runs" rows={4} />}
          {now?.profile ? (
            <>
              <p>Carried out in {duration(now.profile.seconds)}; each step with its rows and its own time, of all threads together.</p>
              <PlanTree plan={now.profile.plan} />
            </>
          ) : told.plan ? (
            <pre tabIndex={0}>{told.plan}</pre>
          ) : (
            told.decision.allowed && <p>The plan is shown to who sees all of what it reads.</p>
          )}
        </div>
      )}
    </section>
  );
}

function Facts({ host, told, cost }: { host: Host; told: Explanation; cost: Estimate | undefined }) {
  const costs = new Map(cost?.tables.map(each => [each.dataset, each]));
  const of = (name: string): string => {
    const each = costs.get(name);
    return each?.files == null ? '' : `${exact(each.files)} of ${plural(each.of_files ?? 0, 'file')}, ${exact(each.rows ?? 0)} rows, ${bytes(each.bytes ?? 0)}`;
  };
  return (
    <>
      {told.decision.reasons.map(reason => (
        <p key={reason}>{reason}</p>
      ))}
      {cost?.advice.map(each => (
        <p key={each.message} className="wb-sql-advice">
          <strong>{each.message}</strong> {each.fix}
        </p>
      ))}
      <dl>
        <dt>Reads</dt>
        <dd>
          {told.decision.tables.length === 0
            ? 'no dataset'
            : told.decision.tables.map(table => (
                <span key={`${table.name}#${table.branch}`}>
                  <button type="button" className="wb-link" onClick={() => void host.open({ kind: 'dataset', name: table.name })}>
                    {table.branch === 'main' ? table.name : `${table.name}#${table.branch}`}
                  </button>{' '}
                  <span className="wb-facts">{of(table.name)}</span>
                </span>
              ))}
        </dd>
        {told.columns.length > 0 && (
          <>
            <dt>Gives</dt>
            <dd>{told.columns.map(([name, type]) => `${name} ${type}`).join(', ')}</dd>
          </>
        )}
      </dl>
    </>
  );
}
