import { useEffect, useState } from 'react';
import { type Host } from '../host.js';
import { useDrop } from '../catalog/useDrop.js';
import { IconButton } from '../ui/Button.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { Panel } from '../ui/Panel.js';
import { AddData } from './AddData.js';
import { isUntouched } from './draft.js';
import { type Item, stateOf } from './item.js';
import { ItemView } from './ItemView.js';
import { SourceList } from './SourceList.js';
import { useImports } from './useImports.js';

/** How long what was typed of a source that was dismissed can be brought back. */
const UNDO = 8000;

/** What is being taken in: looked at, corrected, taken in, and what became of it. */
export function ImportPage({ host, onBack }: { host: Host; onBack?: () => void }) {
  const [{ items, current }, imports] = useImports(host);
  const [notice, say] = useNotice();
  const drop = useDrop(files => imports.add(files), say);
  const item = items.find(each => each.id === current);
  const showAdd = !item;
  const [gone, setGone] = useState<Item | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setGone(null), UNDO);
    return () => clearTimeout(timer);
  }, [gone]);
  const remove = (given: Item) => {
    imports.remove(given.id);
    setGone(stateOf(given) === 'ready' && !isUntouched(given.draft) ? given : null);
  };
  const undo = (given: Item) => {
    imports.bringBack(given);
    setGone(null);
  };
  return (
    <Panel host={host} label="Import" className="wb-import" {...drop.handlers}>
      <header className="wb-toolbar">
        {onBack && <IconButton icon="back" label="Back to the catalog" onClick={onBack} />}
        <h2>{showAdd ? 'Add data' : item.label}</h2>
        <span className="wb-gap" />
        {!showAdd && <IconButton icon="add" label="Add more data" onClick={() => imports.select(null)} />}
        {!showAdd && stateOf(item) !== 'running' && (
          <IconButton
            icon="close"
            label={stateOf(item) === 'done' ? 'Dismiss it' : 'Do not take it in'}
            onClick={() => remove(item)}
          />
        )}
      </header>
      {gone && (
        <p className="wb-stale" role="status">
          {gone.label} is not taken in.{' '}
          <button type="button" className="wb-link" onClick={() => undo(gone)}>
            Undo
          </button>
        </p>
      )}
      {(items.length > 1 || (showAdd && items.length > 0)) && <SourceList items={items} current={item?.id ?? null} imports={imports} />}
      {showAdd ? <AddData host={host} imports={imports} /> : <ItemView key={item.id} host={host} item={item} imports={imports} say={say} />}
      {drop.over && (
        <div className="wb-drop">
          <p>Drop to look at it</p>
        </div>
      )}
      <Notice text={notice} />
    </Panel>
  );
}
