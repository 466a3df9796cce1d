import { type Host } from '../host.js';
import { type Resource, useResource } from '../ui/useResource.js';

/** Who one is to ingestion: an administrator names what the server reaches, too; others bring what they have. */
export interface MayLoad {
  everything: boolean;
}

/** Its error says whom to ask, where there is nothing that one could load data into. */
export function useMayLoad(host: Host): Resource<MayLoad> {
  return useResource('may load', async signal => {
    const me = await host.call('users.me', {}, signal);
    const everything = me.roles.includes('admin') && !me.only?.length;
    if (!everything) {
      // The cheapest call that is for who may load.
      await host.call('ingest.readings', {}, signal);
    }
    return { everything };
  });
}
