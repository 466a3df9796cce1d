import { useState } from 'react';
import { duration } from '../format.js';
import { type Asked, type Host } from '../host.js';
import { type Estimate, type Explanation, type StatementProfile } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';
import { PlanTree } from './PlanTree.js';
import { columnsInWords, costLine, readInWords } from './words.js';

/** What one statement would read, cost and return, without running it; and, when asked, how it was carried out. */
export function Explained(props: {
  host: Host;
  asked: Asked;
  /** The statement is written otherwise by now. */
  changed: boolean;
  onAgain: () => void;
  onClose: () => void;
}) {
  const { host, changed } = props;
  const { sql, params } = props.asked;
  const found = useResource('explain', signal => host.call('query.explain', { sql, params }, signal));
  const cost = useResource(found.data?.decision.allowed ? 'estimate' : null, signal => host.call('query.estimate', { sql, params }, signal));
  const [profile, setProfile] = useState<StatementProfile>();
  const measure = useAction(async (confirm?: boolean) => {
    setProfile(undefined);
    setProfile(await host.call('query.profile', { sql, params, confirm }));
  });
  const decision = found.data?.decision;
  return (
    <section className="wb-sql-explained" aria-label="What it would do">
      <header className="wb-sql-bar">
        <strong>{decision && !decision.allowed ? 'It is not allowed' : 'What it would do'}</strong>
        {cost.data && <span className="wb-facts">{costLine(cost.data)}</span>}
        {changed && <strong className="wb-sql-cut">of the statement before you changed it</strong>}
        <span className="wb-head-actions">
          {changed && <Button onClick={props.onAgain}>Explain again</Button>}
          {decision?.kind === 'select' && found.data?.plan && (
            <Button onClick={() => void measure.run()} disabled={measure.busy || changed} title="Runs it, and tells rows and time of each step">
              Run and measure
            </Button>
          )}
          <IconButton icon="close" label="Close" onClick={props.onClose} />
        </span>
      </header>
      <Loaded of={found} label="Asking what it would do" failed="It could not be explained.">
        {told => (
          <div className="wb-scroll wb-sql-told">
            <Facts host={host} told={told} cost={cost.data} />
            {measure.error?.details.confirm === true ? (
              <Empty
                action={
                  <Button primary onClick={() => void measure.run(true)}>
                    Run it all the same
                  </Button>
                }
              >
                {measure.error.message}
              </Empty>
            ) : (
              measure.error && <Problem title="It was not measured." error={measure.error} />
            )}
            {measure.busy && <Skeleton label="The statement runs" rows={4} />}
            {profile ? (
              <>
                <p>Carried out in {duration(profile.seconds)}; each step with its rows and its own time, of all threads together.</p>
                <PlanTree plan={profile.plan} />
              </>
            ) : told.plan ? (
              <pre tabIndex={0}>{told.plan}</pre>
            ) : (
              told.decision.allowed && <p>The plan is shown to who sees all of what it reads.</p>
            )}
          </div>
        )}
      </Loaded>
    </section>
  );
}

function Facts({ host, told, cost }: { host: Host; told: Explanation; cost: Estimate | undefined }) {
  const costs = new Map(cost?.tables.map(each => [each.dataset, each]));
  const read = (name: string): string => {
    const each = costs.get(name);
    return each ? readInWords(each) : '';
  };
  return (
    <>
      {told.decision.reasons.map(reason => (
        <p key={reason}>{reason}</p>
      ))}
      {/* What is said of masks stands among the reasons. */}
      {cost?.advice
        .filter(each => each.code !== 'in_part')
        .map(each => (
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
                  <span className="wb-facts">{read(table.name)}</span>
                </span>
              ))}
        </dd>
        {told.columns.length > 0 && (
          <>
            <dt>Gives</dt>
            <dd>{columnsInWords(told.columns)}</dd>
          </>
        )}
      </dl>
    </>
  );
}
