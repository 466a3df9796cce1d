import { useId } from 'react';

/** An id that an address (`url(#…)`) can have. */
export const useAddress = (): string => useId().replace(/[^\w-]/g, '');
