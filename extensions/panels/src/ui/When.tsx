import { ago, moment } from '../format.js';
import { useNow } from './useNow.js';

/** A time in words; the exact one in the title. */
export function When({ at }: { at: string | null }) {
  const now = useNow(true, 30_000);
  return (
    <time dateTime={at ?? undefined} title={moment(at)}>
      {ago(at, Math.max(now, Date.now()))}
    </time>
  );
}
