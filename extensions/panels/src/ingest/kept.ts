import { type WorkbenchError } from '../host.js';
import { type Item } from './item.js';

/** What a reload leaves of an item. */
export type Kept = Pick<Item, 'label' | 'bytes' | 'source' | 'draft' | 'base'> & { run: string | null };

/** What is done is in the catalog; only what still needs the person comes back after a reload. */
export const keptOf = (items: readonly Item[]): Kept[] =>
  items
    .filter(item => item.source !== null && !item.report)
    .map(({ label, bytes, source, draft, base, run }) => ({ label, bytes, source, draft, base, run: run?.id ?? null }));

/** Whether the workspace knows nothing of it: a load of another one, an upload whose day is over. */
export const isUnknown = ({ code }: WorkbenchError): boolean => code === 'not_found' || code === 'run_not_found';
