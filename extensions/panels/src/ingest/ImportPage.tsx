import { type Host } from '../host.js';
import { useDrop } from '../catalog/useDrop.js';
import { IconButton } from '../ui/Button.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { Panel } from '../ui/Panel.js';
import { AddData } from './AddData.js';
import { stateOf } from './imports.js';
import { ItemView } from './ItemView.js';
import { SourceList } from './SourceList.js';
import { useImports } from './useImports.js';

/** What is being taken in: looked at, corrected, taken in, and what became of it. */
export function ImportPage({ host, onBack }: { host: Host; onBack?: () => void }) {
  const [{ items, current }, imports] = useImports(host);
  const [notice, say] = useNotice();
  const drop = useDrop(files => imports.add(files), say);
  const item = items.find(each => each.id === current);
  const showAdd = !item;
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
            onClick={() => imports.remove(item.id)}
          />
        )}
      </header>
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
