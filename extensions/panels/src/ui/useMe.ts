import { type Host } from '../host.js';
import { type Principal } from '../records.js';
import { changesAccess, useEvents } from './useEvents.js';
import { type Resource, useResource } from './useResource.js';

/** Who one is to the workspace. */
export const useMe = (host: Host): Resource<Principal> => useResource('me', signal => host.call('users.me', {}, signal));

/** Whether nothing is kept from somebody. */
export const isAdmin = (me: Principal): boolean => me.roles.includes('admin') && !me.only?.length;

/**
 * Whether to ask for what only administrators are told; undefined until that is known. Whoever looks at a page has asked for nothing that
 * is refused: a refusal would stand in the audit log. Where it cannot be known, the server decides.
 */
export function useAdmin(host: Host): boolean | undefined {
  const me = useMe(host);
  useEvents(host, changesAccess, me.reload);
  return me.data ? isAdmin(me.data) : me.error ? true : undefined;
}
