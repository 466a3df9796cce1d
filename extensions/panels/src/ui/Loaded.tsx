import { type ReactNode } from 'react';
import { Skeleton, Unread } from './States.js';
import { type Resource } from './useResource.js';

/** What a resource holds, drawn by `children`; lines while it comes, and what went wrong where it does not. */
export function Loaded<T>(props: { of: Resource<T>; label: string; failed: string; rows?: number; children: (data: T) => ReactNode }) {
  const { data, error, reload } = props.of;
  if (data !== undefined) {
    return <>{props.children(data)}</>;
  }
  return error ? <Unread title={props.failed} error={error} onRetry={reload} /> : <Skeleton label={props.label} rows={props.rows} />;
}
