import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Host, type Snippet } from '../host.js';
import { DatasetPage } from '../dataset/DatasetPage.js';
import { querySnippet, readSnippet } from '../snippets.js';
import { Button, IconButton } from '../ui/Button.js';
import { ImportPage } from '../ingest/ImportPage.js';
import { useImports } from '../ingest/useImports.js';
import { copyText } from '../ui/copyText.js';
import { innerHost, type InnerPlace } from '../ui/innerHost.js';
import { Menu, type MenuAt } from '../ui/Menu.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { Panel } from '../ui/Panel.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { isStopped, Stopped } from '../ui/Stopped.js';
import { changesDatasets, useEvents } from '../ui/useEvents.js';
import { useAdmin } from '../ui/useMe.js';
import { useDebounced, useResource } from '../ui/useResource.js';
import { useStored } from '../ui/useStored.js';
import { DetailPane, type Tab } from './DetailPane.js';
import { DroppedDatasets } from './DroppedDatasets.js';
import { FilterBar } from './FilterBar.js';
import { parseQuery, searchArguments } from './filters.js';
import { rowMenu, rowSnippet } from './menu.js';
import { Ongoing } from './Ongoing.js';
import { NoWorkspace } from './NoWorkspace.js';
import { datasetKey, datasetsOf, pathTo, readSummary } from './levels.js';
import { hitRows, type Row, steadyRows, treeRows } from './rows.js';
import { Sash } from '../ui/Sash.js';
import { SearchBox } from './SearchBox.js';
import { Tree } from './Tree.js';
import { useDetails } from './useDetails.js';
import { useDrop } from './useDrop.js';
import { useDropping } from './useDropping.js';
import { type Point, useHeld } from './useHeld.js';
import { useLevels } from './useLevels.js';

interface Kept {
  open: string[];
  query: string;
  selected: string | null;
  /** The name of what is selected, for it may stand where nothing is open. */
  name: string | null;
  /** Whether it is a view. */
  view?: boolean;
  tab: Tab;
  share: number;
}
const FIRST: Kept = { open: ['zone:bronze', 'zone:silver', 'zone:gold'], query: '', selected: null, name: null, tab: 'about', share: 45 };

export interface CatalogProps {
  host: Host;
  /** Rows in the small sample. */
  sampleRows?: number;
  /** Another key for what is kept, where more than one catalog can be shown. */
  storageKey?: string;
  /** A dataset to select when the panel is asked for one from outside; the number makes every request new. */
  reveal?: { name: string; round: number };
}

/** The catalog, and in its place what it opens where the host has no other place for it. */
export function CatalogPanel(props: CatalogProps) {
  const { host: outer } = props;
  const [{ place, round }, show] = useState<{ place: InnerPlace | null; round: number }>({ place: null, round: 0 });
  const host = useMemo(() => innerHost(outer, next => show(old => ({ place: next, round: old.round + 1 }))), [outer]);
  const back = () => show({ place: null, round });
  if (place?.kind === 'dataset') {
    return <DatasetPage key={place.name} host={host} name={place.name} request={{ tab: place.tab, part: place.part, round }} onBack={back} />;
  }
  if (place?.kind === 'import') {
    return <ImportPage host={host} onBack={back} />;
  }
  return <Catalog {...props} host={host} reveal={place?.kind === 'catalog' && place.name ? { name: place.name, round: -round } : props.reveal} />;
}

/** What is in the lake: find it, look at it, use it, and drop more in. */
function Catalog({ host, sampleRows = 50, storageKey = 'catalog', reveal }: CatalogProps) {
  const [kept, keep, ready] = useStored(host, storageKey, FIRST);
  const [active, setActive] = useState<string | null>(null);
  const [sought, setSought] = useState<string | null>(null);
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const [notice, say] = useNotice();
  const split = useRef<HTMLDivElement>(null);
  const [held, hold] = useHeld(split, kept.share);

  const open = useMemo(() => new Set(kept.open), [kept.open]);
  const { levels, root, reload, more } = useLevels(host, open, ready);
  const settled = useDebounced(kept.query, 80).trim();
  const asked = useMemo(() => searchArguments(settled), [settled]);
  const { text: query, filters } = useMemo(() => parseQuery(settled), [settled]);
  const search = useResource(asked && JSON.stringify(asked), signal => host.call('catalog.search', { ...asked!, limit: 50 }, signal));
  useEvents(host, changesDatasets, () => {
    reload();
    search.reload();
    chosen.reload();
  });

  // The last hits stay while the next are on their way.
  const lastHits = useRef(search.data);
  lastHits.current = asked ? (search.data ?? lastHits.current) : undefined;
  const hits = lastHits.current;
  const zones = useMemo(() => (root?.nodes ?? []).map(node => node.name), [root]);
  const known = useMemo(
    () => new Map([...(hits ?? []).map(hit => hit.dataset), ...datasetsOf(levels)].map(dataset => [datasetKey(dataset), dataset])),
    [hits, levels]
  );
  const wanted = useMemo(() => [...known].flatMap(([key, dataset]) => (open.has(key) ? dataset : [])), [known, open]);
  const [details] = useDetails(host, wanted);
  // What is selected may stand on a level that is not open, and in no hit.
  const seen = kept.selected === null ? undefined : known.get(kept.selected);
  const far = ready && kept.selected && !seen ? kept.name : null;
  const chosen = useResource(far, signal => readSummary(host, far!, kept.view, signal));
  const selected = seen ?? chosen.data;
  const rows = useMemo(
    () => (asked && hits ? hitRows(hits, query, open, details) : treeRows(levels, open, details, filters.zone)),
    [asked, query, hits, levels, filters.zone, open, details]
  );

  // Zones come one by one. Until all that stood open was here once, none is drawn below one that is to come.
  const [whole, setWhole] = useState(false);
  const steady = useMemo(() => (whole ? rows : steadyRows(rows)), [whole, rows]);
  const complete = ready && Boolean(root?.pages) && steady.length === rows.length;
  useEffect(() => setWhole(before => before || complete), [complete]);

  const insert = useCallback(
    (snippet: Snippet, language?: keyof Snippet) =>
      void host.insert(snippet, language).then(say, (error: unknown) => say((error as Error).message)),
    [host, say]
  );
  const copy = useCallback(
    (text: string, what: string) =>
      void copyText(text).then(copied => say(copied ? `Copied ${what}.` : 'The browser did not allow copying.')),
    [say]
  );
  const opened = useRef(kept.open);
  opened.current = kept.open;
  /** Open what leads to a dataset. Where that cannot be read, the tree stays as it is. */
  const lead = (name: string, key: string) => {
    setSought(key);
    void pathTo(host, name).then(
      path => {
        keep({ open: [...new Set([...opened.current, ...path.map(step => step.key)])] });
        path.forEach(step => more(step.key, step.pages));
      },
      () => setSought(null)
    );
  };
  const toggle = (row: Row) => {
    setActive(row.key);
    keep({ open: open.has(row.key) ? kept.open.filter(key => key !== row.key) : [...kept.open, row.key] });
  };
  const pick = (row: Row, at?: Point) => {
    setActive(row.key);
    if (row.kind === 'zone' || row.kind === 'group') {
      toggle(row);
    } else if (row.kind === 'more') {
      more(row.levelKey);
    } else if (row.kind === 'dataset') {
      const shut = !open.has(row.key);
      const again = row.key === kept.selected;
      if (at && !selected) {
        hold(at, () => setSought(row.key));
      }
      keep({
        selected: row.key,
        name: row.dataset.name,
        view: row.dataset.kind === 'view',
        open: shut ? [...kept.open, row.key] : again ? kept.open.filter(key => key !== row.key) : kept.open
      });
      if (row.hit && !again) {
        lead(row.dataset.name, row.key);
      }
    }
  };
  const admin = useAdmin(host);
  const dropping = useDropping(
    host,
    name => {
      keep(name === kept.name ? { selected: null, name: null } : {});
      reload();
    },
    name => {
      say(`${name} is back.`);
      show(name);
    }
  );
  const actions = {
    onPick: pick,
    onToggle: toggle,
    onOpen: (row: Row) => {
      if (row.kind === 'dataset') {
        const view = row.dataset.kind === 'view';
        keep({ selected: row.key, name: row.dataset.name, view });
        void host.open({ kind: 'dataset', name: row.dataset.name, tab: view ? 'view' : undefined });
      } else if (row.kind === 'column') {
        void host.open({ kind: 'dataset', name: row.dataset.name, tab: row.dataset.kind === 'view' ? 'view' : 'columns' });
      } else {
        pick(row);
      }
    },
    onMenu: (row: Row, x: number, y: number) => {
      setActive(row.key);
      const items = rowMenu(host, row, insert, copy, admin ? dropping.drop : undefined);
      setMenu(items.length > 0 ? { x, y, items } : null);
    },
    onInsert: (row: Row) => {
      const snippet = rowSnippet(row);
      if (snippet) {
        insert(snippet);
      }
    }
  };

  const [{ items }, imports] = useImports(host);
  const openImport = () => void host.open({ kind: 'import' });
  const take = (files: File[]) => {
    if (files.length > 0) {
      imports.add(files);
      openImport();
    }
  };
  /** Shut the details: whoever works with the keyboard goes on in the tree, whatever else stands below it. */
  const close = () => {
    keep({ selected: null });
    split.current?.querySelector<HTMLElement>('[role=tree]')?.focus();
  };
  const drop = useDrop(take, say);
  const show = (name: string) => {
    void readSummary(host, name).then(
      dataset => {
        const key = datasetKey(dataset);
        setActive(key);
        keep({ query: '', selected: key, name, view: dataset.kind === 'view' });
        lead(name, key);
      },
      () => undefined
    );
  };

  const shown = useRef(0);
  useEffect(() => {
    if (reveal && reveal.round !== shown.current && ready) {
      shown.current = reveal.round;
      show(reveal.name);
    }
    // A request is carried out once, as soon as what was kept is there.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [reveal, ready]);

  const addData = () => {
    // What is under way stays; the page shows the ways to bring more.
    imports.select(null);
    openImport();
  };
  const addButton = (primary: boolean) => (
    <Button primary={primary} onClick={addData}>
      Add data
    </Button>
  );
  const content = () => {
    if (!ready || ((!root || root.pages === 0) && !root?.error)) {
      return <Skeleton label="Reading the catalog" />;
    }
    if (isStopped(root?.error)) {
      return <Stopped host={host} onStarted={reload} />;
    }
    if (root?.pages === 0 && root.error) {
      return root.error.code === 'workspace_not_found' ? (
        <NoWorkspace create={host.create} onRetry={reload} onCopy={copy} />
      ) : (
        <Problem title="The catalog could not be read." error={root.error} onRetry={reload} />
      );
    }
    if (zones.length === 0) {
      return (
        <Empty action={addButton(true)}>
          Nothing is here yet. Drop a file onto this panel, or add data from an address or a database.
        </Empty>
      );
    }
    if (asked && search.error) {
      return <Problem title="The search failed." error={search.error} onRetry={search.reload} />;
    }
    if ((asked && hits?.length === 0) || (filters.zone && !zones.includes(filters.zone))) {
      return (
        <Empty action={<Button onClick={() => keep({ query: '' })}>Show all</Button>}>
          {query ? `No dataset has “${query}” in its name, columns or description` : 'No dataset'}
          {Object.keys(filters).length > 0 ? ' with these filters.' : '.'}
        </Empty>
      );
    }
    return (
      <Tree
        label="Datasets"
        rows={steady}
        query={query}
        active={active}
        sought={asked ? null : sought}
        onSought={() => setSought(null)}
        selected={kept.selected}
        onActive={setActive}
        onEscape={() => keep({ query: '' })}
        actions={actions}
      />
    );
  };

  return (
    <Panel host={host} label="Catalog" className="wb-catalog" {...drop.handlers}>
      <div className="wb-catalog-bar">
        <SearchBox value={kept.query} busy={search.loading} onChange={text => keep({ query: text })} />
        <IconButton icon="upload" label="Add data" onClick={addData} />
        <IconButton icon="refresh" label="Refresh" busy={root?.busy} onClick={reload} />
      </div>
      {zones.length > 0 && <FilterBar host={host} zones={zones} query={kept.query} onQuery={text => keep({ query: text })} />}
      <Ongoing host={host} items={items} imports={imports} />
      {dropping.gone !== null && (
        <p className="wb-stale" role="status">
          {dropping.gone} was dropped.{' '}
          <button type="button" className="wb-link" disabled={dropping.busy} onClick={dropping.undo}>
            Undo
          </button>
        </p>
      )}
      {dropping.failed && <Problem title={dropping.failed.title} error={dropping.failed.error} onRetry={dropping.forget} />}
      {root?.error && root.pages > 0 && (
        <p className="wb-stale" role="status">
          Not up to date: {root.error.message}{' '}
          <button type="button" className="wb-link" onClick={reload}>
            Try again
          </button>
        </p>
      )}
      <div ref={split} className="wb-split" style={{ '--wb-share': `${kept.share}%` } as React.CSSProperties}>
        <div className="wb-split-main">
          {content()}
          {root && root.pages > 0 && (
            <DroppedDatasets
              host={host}
              onRestored={name => {
                say(`${name} is back.`);
                show(name);
              }}
            />
          )}
        </div>
        {selected && !held && (
          <DetailPane
            host={host}
            dataset={selected}
            tab={kept.tab}
            sampleRows={sampleRows}
            onTab={tab => keep({ tab })}
            onClose={close}
            actions={{ onInsert: name => insert(selected.kind === 'view' ? querySnippet(name) : readSnippet(name)), onCopy: copy }}
            sash={<Sash share={kept.share} onChange={share => keep({ share })} />}
          />
        )}
      </div>
      {drop.over && (
        <div className="wb-drop">
          <p>Drop to look at it</p>
        </div>
      )}
      {menu && <Menu at={menu} onClose={() => setMenu(null)} />}
      <Notice text={notice} />
    </Panel>
  );
}
