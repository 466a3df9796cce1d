import { useCallback, useEffect, useState } from 'react';
import { type Host } from '../host.js';
import { type Imports } from '../ingest/imports.js';
import { type Item, needsReader, stateOf } from '../ingest/item.js';
import { actionWords, isPlain, stateWords } from '../ingest/SourceList.js';
import { Button, IconButton } from '../ui/Button.js';

/** How long a success without anything to say stays. */
const STAYS = 8000;

/** What is being taken in, small: each line leads to the page where it is looked at. */
export function Ongoing({ host, items, imports }: { host: Host; items: readonly Item[]; imports: Imports }) {
  // On the page it stays until it is dismissed there.
  const [hidden, setHidden] = useState<readonly number[]>([]);
  const hide = useCallback((id: number) => setHidden(old => [...old, id]), []);
  const shown = items.filter(item => !hidden.includes(item.id));
  if (shown.length === 0) {
    return null;
  }
  return (
    <ul className="wb-uploads" aria-label="Data being taken in">
      {shown.map(item => (
        <Line
          key={item.id}
          item={item}
          imports={imports}
          onHide={hide}
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

function Line(props: {
  item: Item;
  imports: Imports;
  onHide: (id: number) => void;
  onLook: () => void;
  onOpen: (name: string) => void;
}) {
  const { item, imports, onHide, onLook, onOpen } = props;
  const state = stateOf(item);
  const stays = needsReader(item);
  useEffect(() => {
    if (stays) {
      return;
    }
    const timer = setTimeout(() => onHide(item.id), STAYS);
    return () => clearTimeout(timer);
  }, [stays, item.id, onHide]);
  const share = state === 'sending' ? item.sent : (item.run?.progress ?? item.waited)?.share;
  return (
    <li>
      <div className="wb-upload-head">
        <button type="button" className="wb-link wb-upload-name" title={item.label} onClick={onLook}>
          {item.label}
        </button>
        {isPlain(item) && <Button onClick={() => void imports.start(item.id)}>{actionWords(item)}</Button>}
        {state === 'done' && <Button onClick={() => onOpen(item.report!.dataset)}>Open</Button>}
        {state === 'running' && !item.run ? null : state === 'running' ? (
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
