import { type Host } from '../host.js';
import { useDebounced, useResource } from '../ui/useResource.js';

/** What is to be said of a dataset's name while it is typed. */
export interface NameState {
  /** It can be taken as it stands. */
  ready: boolean;
  /** What is the matter with it; empty where that is not known, or nothing. */
  problem: string;
}

/** Whether a dataset can be written under a name; `fresh`: and there is none of that name yet. */
export function useName(host: Host, name: string, fresh: boolean): NameState {
  const typed = name.trim();
  const settled = useDebounced(typed, 200);
  // What is begun only is no mistake yet.
  const asked = settled !== '' && !settled.endsWith('.');
  const found = useResource(asked ? settled : null, signal => host.call('query.writable', { name: settled }, signal));
  if (!asked || settled !== typed || (!found.data && !found.error)) {
    return { ready: false, problem: '' };
  }
  if (!found.data) {
    return { ready: false, problem: found.error!.message };
  }
  const { problem, fix, taken } = found.data;
  if (problem !== null) {
    return { ready: false, problem: [problem, fix].filter(Boolean).join(' ') };
  }
  return fresh && taken !== null ? { ready: false, problem: `There is a ${taken} ${typed} already. Choose another name.` } : { ready: true, problem: '' };
}
