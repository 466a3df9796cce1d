import { type ReactNode } from 'react';
import { type WorkbenchError } from '../host.js';
import { Button } from './Button.js';
import { Icon } from './Icon.js';
import { useSlow } from './useResource.js';
import { Words } from './Words.js';
import { ANYWAY } from './wording.js';

/** Grey lines where rows will be; nothing at all when the answer comes within 150 ms. */
export function Skeleton({ rows = 6, label }: { rows?: number; label: string }) {
  const slow = useSlow(true);
  return (
    <div className="wb-skeleton" role="status" aria-label={label}>
      {slow && Array.from({ length: rows }, (_, i) => <div key={i} className="wb-skeleton-row" style={{ width: `${85 - ((i * 29) % 45)}%` }} />)}
    </div>
  );
}

/** One sentence and the action that fills the place. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="wb-empty">
      <p>{children}</p>
      {action}
    </div>
  );
}

/** What happened, what to do, and a way to try again; `onAnyway` does all the same what was held back. */
export function Problem(props: { title: string; error: WorkbenchError; onRetry?: () => void; onAnyway?: () => void }) {
  const { title, error, onRetry } = props;
  const onAnyway = error.code === 'held_back' ? props.onAnyway : undefined;
  return (
    <div className="wb-problem" role="alert">
      <Icon name="warning" className="wb-error-icon" />
      <div>
        <p className="wb-problem-title">{title}</p>
        <p>
          <Words text={error.message} anyway={onAnyway !== undefined} />
        </p>
        {error.fix && (
          <p>
            <Words text={error.fix} anyway={onAnyway !== undefined} />
          </p>
        )}
        {onRetry && <Button onClick={onRetry}>Try again</Button>}
        {onAnyway && <Button onClick={onAnyway}>{ANYWAY}</Button>}
      </div>
    </div>
  );
}
