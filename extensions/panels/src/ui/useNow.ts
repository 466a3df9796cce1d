import { useEffect, useState } from 'react';

/** The time in milliseconds since 1970, read anew each `every` milliseconds while `active`. */
export function useNow(active: boolean, every: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!active) {
      return;
    }
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [active, every]);
  return now;
}
