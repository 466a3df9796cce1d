import { useEffect, useState } from 'react';
import { ago, moment } from '../format.js';

/** A time in words; the exact one in the title. */
export function When({ at }: { at: string | null }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at ?? undefined} title={moment(at)}>
      {ago(at, Math.max(now, Date.now()))}
    </time>
  );
}
