import { type Host, type Place } from '../host.js';

export type InnerPlace = Extract<Place, { kind: 'dataset' | 'import' | 'catalog' }>;

const isInner = (place: Place): place is InnerPlace => place.kind === 'dataset' || place.kind === 'import' || place.kind === 'catalog';

/** `host` as the parts of a panel see it that shows by itself what the host has no place for. */
export function innerHost(host: Host, show: (place: InnerPlace) => void): Host {
  return {
    call: (verb, args, signal) => host.call(verb, args, signal),
    stage: (file, options) => host.stage(file, options),
    subscribe: listener => host.subscribe(listener),
    theme: () => host.theme(),
    onTheme: listener => host.onTheme(listener),
    shows: kind => kind === 'dataset' || kind === 'import' || kind === 'catalog' || host.shows(kind),
    open: place => {
      if (!host.shows(place.kind) && isInner(place)) {
        show(place);
        return Promise.resolve();
      }
      return host.open(place);
    },
    insert: (snippet, language, run) => host.insert(snippet, language, run),
    create: host.create,
    start: host.start,
    notebookOf: host.notebookOf,
    download: host.download,
    storage: host.storage
  };
}
