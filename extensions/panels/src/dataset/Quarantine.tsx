import { useEffect, useMemo, useRef } from 'react';
import { exact, plural } from '../format.js';
import { type Host } from '../host.js';
import { type Column } from '../records.js';
import { family } from '../types.js';
import { Button } from '../ui/Button.js';
import { useMayChange } from '../ui/Changing.js';
import { Problem, Skeleton } from '../ui/States.js';
import { When } from '../ui/When.js';
import { gridColumns } from './corrections.js';
import { QuarantineGrid } from './QuarantineGrid.js';
import { useMisfits } from './useMisfits.js';

/** Records that did not fit when files were taken in: correct them, and they join the dataset. */
export function Quarantine(props: {
  host: Host;
  name: string;
  columns: Column[];
  version: string;
  /** Go there at once. */
  reveal: boolean;
  say: (words: string) => void;
  onChanged: () => void;
}) {
  const { host, name } = props;
  const may = useMayChange();
  const box = useRef<HTMLElement>(null);
  const onJoined = (joined: number, left: number) => {
    props.say(joined === 0 ? 'None of them fits yet.' : `${plural(joined, 'row')} joined ${name}; ${left === 0 ? 'none is' : left === 1 ? 'one is' : `${exact(left)} are`} left.`);
    if (joined > 0) {
      props.onChanged();
    }
  };
  const aside = useMisfits(host, name, props.version, onJoined, records => props.say(`Discarded ${plural(records, 'record')}.`));
  const { misfits, edits, changed, waiting, sent } = aside;
  const names = useMemo(() => props.columns.map(column => column.name), [props.columns]);
  const columns = useMemo(() => gridColumns(names, misfits ?? []), [names, misfits]);
  const kinds = useMemo(() => new Map(props.columns.map(column => [column.name, family(column.type)])), [props.columns]);
  const there = misfits !== undefined;
  const replaced = useMemo(() => (misfits ?? []).filter(misfit => misfit.replaced_at), [misfits]);
  useEffect(() => {
    if (props.reveal && there) {
      box.current?.scrollIntoView({ block: 'start' });
      box.current?.querySelector<HTMLElement>('[role=grid]')?.focus();
    }
  }, [props.reveal, there]);

  return (
    <section ref={box} aria-label="Set aside">
      <h3>
        Set aside
        {misfits && misfits.length > 0 && (
          <span className="wb-hint">
            {exact(misfits.length)}
            {aside.more ? ' or more' : ''} {misfits.length === 1 && !aside.more ? 'record' : 'records'} that did not fit
          </span>
        )}
      </h3>
      {!misfits && aside.first.error && <Problem title="What was set aside could not be read." error={aside.first.error} onRetry={aside.first.reload} />}
      {!misfits && !aside.first.error && <Skeleton label="Reading what was set aside" rows={2} />}
      {misfits?.length === 0 && waiting.length + sent.length === 0 && (
        <p className="wb-hint">
          {may
            ? `Nothing is set aside. Records of a file that do not fit ${name} would stand here, to be corrected.`
            : 'No record of yours is set aside. Those of other people’s files are shown to who may correct them.'}
        </p>
      )}
      {misfits && misfits.length > 0 && (
        <>
          {replaced.length > 0 && (
            <p className="wb-warning" role="status">
              {replaced.length === misfits.length ? 'These are' : `${exact(replaced.length)} of these ${replaced.length === 1 ? 'is' : 'are'}`} from before all rows of {name}{' '}
              were replaced (<When at={replaced[0]!.replaced_at!} />): correct what belongs to the rows of now, discard the rest.
            </p>
          )}
          <div className="wb-boxed-grid" style={{ height: Math.min(360, 44 + misfits.length * 26 + 14) }}>
            <QuarantineGrid
              label={`Records set aside from ${name}`}
              columns={columns}
              kinds={kinds}
              misfits={misfits}
              edits={edits}
              onEdit={aside.edit}
              onUndo={aside.untype}
              onDiscard={misfit => aside.discard([misfit])}
            />
          </div>
          <div className="wb-edit-actions wb-start">
            <Button primary disabled={aside.busy || changed === 0} onClick={() => void aside.save(columns)}>
              {aside.busy ? 'Saving…' : 'Save corrections'}
            </Button>
            {changed > 0 && <Button onClick={aside.forget}>Forget what I typed</Button>}
            {aside.more && (
              <Button disabled={aside.busy} onClick={() => void aside.next()}>
                More
              </Button>
            )}
            <Button title="They can be brought back for some seconds" onClick={() => aside.discard(misfits)}>
              Discard {misfits.length === 1 ? 'it' : `these ${exact(misfits.length)}`}
            </Button>
            <span className="wb-hint" role="status">
              {changed > 0 ? `${plural(changed, 'row')} changed` : 'Double click a cell, or press Enter on it, to correct it.'}
            </span>
          </div>
        </>
      )}
      {aside.error && <Problem title="It was not done." error={aside.error} onAnyway={() => void aside.save(columns, true)} />}
      {waiting.length > 0 && (
        <p className="wb-hint" role="status">
          {plural(waiting.length, 'record')} will be discarded.{' '}
          <button type="button" className="wb-link" onClick={aside.undo}>
            Undo
          </button>
        </p>
      )}
      {sent.length > 0 && (
        <p className="wb-hint" role="status">
          Discarding {plural(sent.length, 'record')}…
        </p>
      )}
    </section>
  );
}
