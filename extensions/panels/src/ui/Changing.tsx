import { createContext, type ReactNode, useContext } from 'react';
import { type Host } from '../host.js';
import { useResource } from './useResource.js';

const May = createContext(true);

/** Whether to offer changes to the dataset that stands around: buttons that would only be refused are not drawn. */
export const useMayChange = (): boolean => useContext(May);

/** Around what is shown of the dataset `name`. Until it is known who may write to it, changes are offered: the server decides. */
export function Changing({ host, name, children }: { host: Host; name: string; children: ReactNode }) {
  const asked = useResource(name, signal => host.call('query.writable', { name }, signal));
  return <May.Provider value={!asked.data?.problem && !asked.data?.in_part}>{children}</May.Provider>;
}
