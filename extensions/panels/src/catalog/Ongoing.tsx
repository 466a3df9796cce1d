import { useEffect } from 'react';
import { type Host } from '../host.js';
import { type Imports, type Item, stateOf } from '../ingest/imports.js';
import { actionWords, isPlain, stateWords } from '../ingest/SourceList.js';
import { Button, IconButton } from '../ui/Button.js';

/** How long a success without anything to say stays. */
const STAYS = 8000;

const needsReader = (item: Item): boolean =>
  stateOf(item) !== 'done' || item.report!.warnings.length > 0 || item.report!.rejected > 0;

/** What is being taken in, small: each line leads to the page where it is looked at. */
export function Ongoing({ host, items, imports }: { host: Host; items: readonly Item[]; imports: Imports }) {
  return (
    <ul className="wb-uploads" aria-label="Data being taken in">
      {items.map(item => (
        <Line
          key={item.id}
          item={item}
          imports={imports}
          onLook={() => {
            imports.select(item.id);
            void host.open({ kind: 'import' });
          }}
          onOpen={name => void host.open({ kind: 'dataset', name })}
        />
      ))}
    </ul>
  );
}

function Line({ item, imports, onLook, onOpen }: { item: Item; imports: Imports; onLook: () => void; onOpen: (name: string) => void }) {
  const state = stateOf(item);
  const stays = needsReader(item);
  useEffect(() => {
    if (stays) {
      return;
    }
    const timer = setTimeout(() => imports.remove(item.id), STAYS);
    return () => clearTimeout(timer);
  }, [stays, item.id, imports]);
  const share = state === 'sending' ? item.sent : item.run?.progress?.share;
  return (
    <li>
      <div className="wb-upload-head">
        <button type="button" className="wb-link wb-upload-name" title={item.label} onClick={onLook}>
          {item.label}
        </button>
        {isPlain(item) && <Button onClick={() => void imports.start(item.id)}>{actionWords(item)}</Button>}
        {state === 'done' && <Button onClick={() => onOpen(item.report!.dataset)}>Open</Button>}
        {state === 'running' ? (
          <IconButton icon="stop" label={`Cancel ${item.label}`} onClick={() => void imports.cancel(item.id)} />
        ) : (
          <IconButton icon="close" label={`Dismiss ${item.label}`} onClick={() => imports.remove(item.id)} />
        )}
      </div>
      <p className={state === 'failed' ? 'wb-upload-note wb-bad' : 'wb-upload-note'} aria-live="polite" title={item.error?.message}>
        {state === 'done' ? `${stateWords(item)} into ${item.report!.dataset}` : stateWords(item)}
      </p>
      {(state === 'sending' || state === 'running') && <progress className="wb-progress" aria-label={`Progress of ${item.label}`} max={1} value={share ?? undefined} />}
    </li>
  );
}
