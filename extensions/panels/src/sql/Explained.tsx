import { type Host } from '../host.js';
import { IconButton } from '../ui/Button.js';
import { Problem, Skeleton } from '../ui/States.js';
import { useResource } from '../ui/useResource.js';

/** What a statement would read, return and how, without running it. */
export function Explained(props: { host: Host; sql: string; params?: Record<string, unknown>; round: number; onClose: () => void }) {
  const { host, sql, params } = props;
  const found = useResource(`${props.round} ${sql}`, signal => host.call('query.explain', { sql, ...(params ? { params } : {}) }, signal));
  const told = found.data;
  return (
    <section className="wb-sql-explained" aria-label="What it would do">
      <header className="wb-sql-bar">
        <strong>{told ? (told.decision.allowed ? 'What it would do' : 'It is not allowed') : 'What it would do'}</strong>
        <span className="wb-gap" />
        <IconButton icon="close" label="Close" onClick={props.onClose} />
      </header>
      {found.error ? (
        <Problem title="It could not be explained." error={found.error} onRetry={found.reload} />
      ) : !told ? (
        <Skeleton label="Asking what it would do" rows={6} />
      ) : (
        <div className="wb-scroll wb-sql-told">
          {told.decision.reasons.map(reason => (
            <p key={reason}>{reason}</p>
          ))}
          <dl>
            <dt>Reads</dt>
            <dd>
              {told.decision.tables.length === 0
                ? 'no dataset'
                : told.decision.tables.map(table => (
                    <button key={`${table.name}${table.branch}`} type="button" className="wb-link" onClick={() => void host.open({ kind: 'dataset', name: table.name })}>
                      {table.branch === 'main' ? table.name : `${table.name}#${table.branch}`}
                    </button>
                  ))}
            </dd>
            {told.columns.length > 0 && (
              <>
                <dt>Gives</dt>
                <dd>{told.columns.map(([name, type]) => `${name} ${type}`).join(', ')}</dd>
              </>
            )}
          </dl>
          {told.plan ? <pre tabIndex={0}>{told.plan}</pre> : told.decision.allowed && <p>The plan is shown to who sees all of what it reads.</p>}
        </div>
      )}
    </section>
  );
}
