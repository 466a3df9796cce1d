import { type KeyboardEvent, useId, useMemo } from 'react';
import { bytes, exact, moment } from '../format.js';
import { type Host } from '../host.js';
import { type StorageEntry } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { Icon } from '../ui/Icon.js';
import { useStored } from '../ui/useStored.js';
import { useTypeAhead } from '../ui/useTypeAhead.js';
import { When } from '../ui/When.js';
import { DatasetFiles } from './DatasetFiles.js';
import { type PlaceRow, placeRows, sourceOf, stepOf } from './places.js';
import { useFolders } from './useFolders.js';

interface Kept {
  open: string[];
  at: string;
}
const FIRST: Kept = { open: ['lake', 'workspace'], at: 'lake' };

/** What lies where: files of the lake and of the workspace, to look at; nothing is changed here. */
export function StorageBrowser({ host, onTake }: { host: Host; onTake: (source: string) => void }) {
  const [kept, keep, ready] = useStored(host, 'storage', FIRST);
  const { folders, more, reload } = useFolders(host, ready ? kept.open : []);
  const rows = useMemo(() => placeRows(folders, new Set(kept.open)), [folders, kept.open]);
  const current = rows.find((row): row is Extract<PlaceRow, { kind: 'entry' }> => row.key === kept.at && row.kind === 'entry');
  const toggle = (path: string) => keep({ open: kept.open.includes(path) ? kept.open.filter(each => each !== path) : [...kept.open, path] });
  return (
    <>
      <div className="wb-storage-main">
        <div className="wb-storage-bar">
          <span className="wb-hint">What lies where; nothing is changed here.</span>
          <span className="wb-gap" />
          <IconButton icon="refresh" label="Read the folders again" onClick={reload} />
        </div>
        <PlaceTree
          rows={rows}
          at={kept.at}
          onAt={at => keep({ at })}
          onToggle={toggle}
          onMore={more}
          onEnter={entry => {
            const source = sourceOf(entry);
            if (entry.kind === 'folder') {
              toggle(entry.path);
            } else if (source) {
              onTake(source);
            }
          }}
        />
      </div>
      <div className="wb-storage-side wb-scroll">
        {current?.dataset ? (
          <DatasetFiles key={current.dataset} host={host} name={current.dataset} />
        ) : current ? (
          <About entry={current.entry} onTake={onTake} />
        ) : null}
      </div>
    </>
  );
}

function About({ entry, onTake }: { entry: StorageEntry; onTake: (source: string) => void }) {
  const source = sourceOf(entry);
  return (
    <section aria-label={entry.name} className="wb-sections">
      <h3>{entry.name}</h3>
      {entry.path === 'lake' && <p className="wb-hint">The tables’ files: a folder a zone, in it a folder a dataset. Choose a dataset to see its files and what could be saved.</p>}
      {entry.path === 'workspace' && <p className="wb-hint">The project’s folder. Keys, tokens and the workbench’s own databases are not shown.</p>}
      {entry.kind === 'file' && (
        <p>
          {bytes(entry.bytes ?? 0)}, changed <When at={entry.modified_at} />
        </p>
      )}
      {source && (
        <div className="wb-edit-actions wb-start">
          <Button primary onClick={() => onTake(source)}>
            Look at it as data
          </Button>
        </div>
      )}
    </section>
  );
}

interface TreeProps {
  rows: PlaceRow[];
  at: string;
  onAt: (key: string) => void;
  onToggle: (path: string) => void;
  onMore: (folder: string) => void;
  onEnter: (entry: StorageEntry) => void;
}

/** By ARIA's pattern: the focus stays on the tree, the active row is named by `aria-activedescendant`. */
function PlaceTree({ rows, at, onAt, onToggle, onMore, onEnter }: TreeProps) {
  const id = useId();
  const seek = useTypeAhead();
  const index = Math.max(
    0,
    rows.findIndex(row => row.key === at)
  );
  const go = (to: number) => {
    const row = rows[to];
    if (row) {
      onAt(row.key);
      document.getElementById(`${id}-${to}`)?.scrollIntoView({ block: 'nearest' });
    }
  };
  const enter = (row: PlaceRow) => {
    if (row.kind === 'entry') {
      onEnter(row.entry);
    } else if (row.kind === 'more' || row.kind === 'error') {
      onMore(row.folder);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const step = stepOf(event.key, rows, index);
    if (step) {
      if ('toggle' in step) {
        onToggle(step.toggle);
      } else {
        go(step.to);
      }
    } else if (event.key === 'Enter' || event.key === ' ') {
      enter(rows[index]!);
    } else if (event.key.length === 1) {
      const to = seek(rows.map(row => (row.kind === 'entry' ? row.entry.name : '')), index, event);
      go(to < 0 ? index : to);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className="wb-tree wb-places"
      role="tree"
      aria-label="Storage"
      aria-activedescendant={rows.length > 0 ? `${id}-${index}` : undefined}
      tabIndex={0}
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
    >
      {rows.map((row, i) => (
        <div
          key={row.key}
          id={`${id}-${i}`}
          className="wb-place"
          role="treeitem"
          aria-level={row.depth + 1}
          aria-expanded={row.kind === 'entry' && row.entry.kind === 'folder' ? row.open : undefined}
          aria-selected={row.key === at}
          data-active={i === index || undefined}
          style={{ paddingLeft: 8 + row.depth * 16 }}
          onClick={() => {
            onAt(row.key);
            if (row.kind !== 'entry') {
              enter(row);
            } else if (row.entry.kind === 'folder' && (!row.open || row.key === at)) {
              onToggle(row.key);
            }
          }}
          onDoubleClick={() => row.kind === 'entry' && row.entry.kind === 'file' && onEnter(row.entry)}
        >
          <Cells row={row} />
        </div>
      ))}
    </div>
  );
}

function Cells({ row }: { row: PlaceRow }) {
  switch (row.kind) {
    case 'entry': {
      const { entry } = row;
      return (
        <>
          <span className="wb-caret" data-open={row.open || undefined}>
            {entry.kind === 'folder' && <Icon name="caretRight" />}
          </span>
          <Icon name={entry.dataset ? 'table' : entry.kind === 'folder' ? 'catalog' : 'file'} />
          <span className="wb-row-name" title={entry.path}>
            {entry.dataset ?? entry.name}
          </span>
          <span className="wb-row-figure" title={entry.bytes === null ? undefined : `${exact(entry.bytes)} bytes, changed ${moment(entry.modified_at)}`}>
            {entry.bytes !== null && bytes(entry.bytes)}
          </span>
        </>
      );
    }
    case 'more':
      return <span className="wb-row-name wb-row-more">More…</span>;
    case 'busy':
      return <span className="wb-row-name wb-hint">Reading…</span>;
    case 'empty':
      return <span className="wb-row-name wb-hint">Nothing is here.</span>;
    case 'error':
      return (
        <span className="wb-row-name" title={row.error.fix ?? undefined}>
          {row.error.message} Press Enter to try again.
        </span>
      );
  }
}
