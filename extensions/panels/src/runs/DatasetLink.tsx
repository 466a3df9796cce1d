import { type Host } from '../host.js';

/** A dataset's name, which leads to its page where there is one. */
export const DatasetLink = ({ host, name }: { host: Host; name: string }) =>
  host.shows('dataset') ? (
    <button type="button" className="wb-link" onClick={() => void host.open({ kind: 'dataset', name })}>
      {name}
    </button>
  ) : (
    <>{name}</>
  );
