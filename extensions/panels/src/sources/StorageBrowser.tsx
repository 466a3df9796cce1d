import { useMemo } from 'react';
import { bytes, exact, moment } from '../format.js';
import { type Host } from '../host.js';
import { type StorageEntry } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { Icon } from '../ui/Icon.js';
import { TreeLine } from '../ui/TreeLine.js';
import { useStored } from '../ui/useStored.js';
import { VirtualTree } from '../ui/VirtualTree.js';
import { When } from '../ui/When.js';
import { DatasetFiles } from './DatasetFiles.js';
import { lineOf, type PlaceLine, type PlaceRow, placeRows, sourceOf } from './places.js';
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

function PlaceTree({ rows, at, onAt, onToggle, onMore, onEnter }: TreeProps) {
  const lines = useMemo(() => rows.map(lineOf), [rows]);
  const enter = ({ row }: PlaceLine) => {
    if (row.kind === 'entry') {
      onEnter(row.entry);
    } else if (row.kind === 'more' || row.kind === 'error') {
      onMore(row.folder);
    }
  };
  const click = (line: PlaceLine) => {
    onAt(line.key);
    if (line.row.kind !== 'entry') {
      enter(line);
    } else if (line.open !== undefined && (!line.open || line.key === at)) {
      onToggle(line.key);
    }
  };
  return (
    <VirtualTree
      label="Storage"
      rows={lines}
      active={at}
      onActive={onAt}
      onToggle={line => onToggle(line.key)}
      onOpen={enter}
      onPick={enter}
      textOf={({ row }) => (row.kind === 'entry' ? row.entry.name : '')}
      draw={(line, place) => (
        <TreeLine
          key={line.key}
          row={line}
          place={place}
          kind="place"
          position={line.position}
          siblings={line.siblings}
          selected={line.key === at}
          onClick={() => click(line)}
          onDoubleClick={() => line.row.kind === 'entry' && line.row.entry.kind === 'file' && onEnter(line.row.entry)}
        >
          <Cells row={line.row} />
        </TreeLine>
      )}
    />
  );
}

function Cells({ row }: { row: PlaceRow }) {
  switch (row.kind) {
    case 'entry': {
      const { entry } = row;
      return (
        <>
          <Icon name={entry.dataset ? 'table' : entry.kind === 'folder' ? 'folder' : 'file'} />
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
