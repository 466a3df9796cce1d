import { type MouseEvent, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { Icon } from '../ui/Icon.js';
import { Menu, type MenuAt } from '../ui/Menu.js';
import { isAdmin } from '../ui/useMe.js';
import { FILTERS, type Filter, KINDS, parseQuery, withFilter } from './filters.js';

const MOST = 30;

/** Small words below the search that narrow it down: by zone, tag, owner and kind. */
export function FilterBar(props: { host: Host; zones: string[]; query: string; onQuery: (query: string) => void }) {
  const { host, zones, query, onQuery } = props;
  const { filters } = parseQuery(query);
  const [menu, setMenu] = useState<MenuAt | null>(null);
  /** Why there is nothing to choose from. */
  const [none, setNone] = useState('');

  const values = async (kind: Filter): Promise<string[]> => {
    if (kind === 'zone') {
      return zones;
    }
    if (kind === 'kind') {
      return [...KINDS];
    }
    if (kind === 'tag') {
      return (await host.call('catalog.tags', {})).map(use => use.tag);
    }
    if (!isAdmin(await host.call('users.me', {}))) {
      throw new WorkbenchError(`Write ${kind}: and a name into the search.`, 'forbidden');
    }
    const edits = await host.call('catalog.edits', { limit: 1000 });
    return [...new Set(edits.filter(edit => edit.what === 'owner' && edit.after).map(edit => edit.after!))].sort();
  };
  const choose = async (kind: Filter, event: MouseEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    let found: string[] = [];
    try {
      found = await values(kind);
      setNone(found.length === 0 ? `no ${kind} yet` : '');
    } catch (problem) {
      setNone(WorkbenchError.from(problem).message);
    }
    if (found.length > 0) {
      const items = found.slice(0, MOST).map(value => ({ label: value, run: () => onQuery(withFilter(query, kind, value)) }));
      setMenu({ x: box.left, y: box.bottom + 2, items });
    }
  };
  return (
    <div className="wb-filters" role="group" aria-label="Filters">
      {FILTERS.map(kind =>
        filters[kind] === undefined ? (
          <button key={kind} type="button" className="wb-chip wb-filter" aria-haspopup="menu" onClick={event => void choose(kind, event)}>
            {kind}
          </button>
        ) : (
          <span key={kind} className="wb-chip wb-filter" data-on>
            <button type="button" className="wb-plain-button wb-chip-text" aria-haspopup="menu" onClick={event => void choose(kind, event)}>
              {kind}: {filters[kind]}
            </button>
            <button
              type="button"
              className="wb-chip-button"
              aria-label={`Any ${kind}`}
              title={`Any ${kind}`}
              onClick={() => onQuery(withFilter(query, kind, undefined))}
            >
              <Icon name="close" />
            </button>
          </span>
        )
      )}
      {none && (
        <span className="wb-hint" role="status">
          {none}
        </span>
      )}
      {menu && <Menu at={menu} onClose={() => setMenu(null)} />}
    </div>
  );
}
