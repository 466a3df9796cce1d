import { type ReactNode } from 'react';
import { WorkbenchError } from '../host.js';
import { Button } from './Button.js';
import { Icon } from './Icon.js';
import { useSlow } from './useResource.js';
import { Words } from './Words.js';
import { ANYWAY, TOGETHER, withheldWords } from './wording.js';

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

/** What is kept from somebody: no fault, and nothing that another try would change. */
export const Withheld = ({ error }: { error: WorkbenchError }) => (
  <p className="wb-hint wb-withheld" role="note">
    <Icon name="lock" />
    <span>
      <Words text={withheldWords(error)} />
    </span>
  </p>
);

const NEEDS_ADMIN = new WorkbenchError('', 'forbidden', null, { needs: 'admin' });

/** The same, without having asked. */
export const AdminsOnly = () => <Withheld error={NEEDS_ADMIN} />;

/** Why something cannot be read. */
export const Unread = (props: { title: string; error: WorkbenchError; onRetry: () => void }) =>
  props.error.code === 'forbidden' ? <Withheld error={props.error} /> : <Problem {...props} />;

/** What happened, what to do, and a way to try again; `onAnyway` does all the same what was held back, or takes different tables as one. */
export function Problem(props: { title: string; error: WorkbenchError; onRetry?: () => void; onAnyway?: () => void }) {
  const { title, error, onRetry } = props;
  const named = error.code === 'held_back' ? ANYWAY : error.details.together ? TOGETHER : undefined;
  const anyway = props.onAnyway && named;
  return (
    <div className="wb-problem" role="alert">
      <Icon name="warning" className="wb-error-icon" />
      <div>
        <p className="wb-problem-title">{title}</p>
        <p>
          <Words text={error.message} anyway={anyway} />
        </p>
        {error.fix && (
          <p>
            <Words text={error.fix} anyway={anyway} />
          </p>
        )}
        {onRetry && <Button onClick={onRetry}>Try again</Button>}
        {anyway && <Button onClick={props.onAnyway!}>{anyway}</Button>}
      </div>
    </div>
  );
}
