import { lazy, Suspense } from 'react';
import { plural } from '../format.js';
import { type Host } from '../host.js';
import { type Run } from '../records.js';
import { parametersOf } from '../sql/statements.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { Skeleton } from '../ui/States.js';
import { useResource } from '../ui/useResource.js';
import { DatasetLink } from './DatasetLink.js';
import { sourceOf, wroteOf } from './params.js';

// The highlighting comes with the first statement that is looked at.
const SqlText = lazy(() => import('../sql/SqlText.js'));

/** The statements that a step ran, with the values they ran with, and what they wrote. */
export function StepSql({ host, step, params }: { host: Host; step: Run; params: Record<string, unknown> }) {
  const found = useResource(`${step.id} ${step.status}`, async signal => {
    const sql = sourceOf(await host.call('runs.notebook', { run_id: step.id }, signal));
    return { sql, values: Object.fromEntries(parametersOf(sql).flatMap(each => (each in params ? [[each, params[each]]] : []))) };
  });
  const name = step.job.slice(step.job.lastIndexOf('.') + 1);
  return (
    <div className="wb-step-sql">
      <Loaded of={found} label="Reading the statements" failed="The statements could not be read." rows={3}>
        {({ sql, values }) => (
          <>
            <Suspense fallback={<Skeleton label="Reading the statements" rows={3} />}>
              <SqlText label={`SQL of ${name}`} sql={sql} values={values} />
            </Suspense>
            {wroteOf(step).map(each => (
              <p key={each.name}>
                {each.rows === null ? 'Wrote' : `${plural(each.rows, 'row')} written to`} <DatasetLink host={host} name={each.name} />
              </p>
            ))}
            <div className="wb-edit-actions wb-start">
              {host.shows('sql') && <Button onClick={() => void host.open({ kind: 'sql', sql: sql.trim(), params: values })}>Open in SQL panel</Button>}
              {step.started_at && host.shows('executed') && (
                <Button onClick={() => void host.open({ kind: 'executed', runId: step.id, step: name })} title="The statements and what came of them, as a notebook">
                  Open as notebook
                </Button>
              )}
            </div>
          </>
        )}
      </Loaded>
    </div>
  );
}
