import { type Host } from '../host.js';
import { type Principal } from '../records.js';
import { type Resource, useResource } from './useResource.js';

/** Who one is to the workspace. */
export const useMe = (host: Host): Resource<Principal> => useResource('me', signal => host.call('users.me', {}, signal));

/** Whether nothing is kept from somebody. */
export const isAdmin = (me: Principal): boolean => me.roles.includes('admin') && !me.only?.length;
