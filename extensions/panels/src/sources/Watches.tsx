import { useState } from 'react';
import { type Host } from '../host.js';
import { exact, plural } from '../format.js';
import { type LoadMode, type LoadOptions, type Watch } from '../records.js';
import { Button } from '../ui/Button.js';
import { LineForm } from '../ui/LineForm.js';
import { Loaded } from '../ui/Loaded.js';
import { Problem } from '../ui/States.js';
import { Status } from '../ui/Status.js';
import { useAction } from '../ui/useAction.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { useKept, useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { Words } from '../ui/Words.js';

/** What is typed of a folder to be watched. */
export interface WatchDraft {
  source: string;
  name: string;
  mode: LoadMode;
  keys: string;
  /** Of several rows of a file with the same keys the last one is taken. */
  last: boolean;
}
export const EMPTY_WATCH: WatchDraft = { source: '', name: '', mode: 'append', keys: '', last: false };

interface Props {
  host: Host;
  /** Null where no form is open. */
  draft: WatchDraft | null;
  onDraft: (draft: WatchDraft | null) => void;
}

/** Folders whose files are taken in as they come. */
export function Watches({ host, draft, onDraft }: Props) {
  const watches = useKept(
    useResource('watches', signal => host.call('sources.watches', {}, signal)),
    'watches'
  );
  useEvents(host, changesRuns, watches.reload);
  const button = (primary: boolean) => (
    <Button primary={primary} onClick={() => onDraft(EMPTY_WATCH)}>
      Watch a folder
    </Button>
  );
  return (
    <section aria-label="Watched folders">
      <h3>Watched folders {!draft && (watches.data?.length ?? 0) > 0 && button(false)}</h3>
      {draft && (
        <WatchForm
          host={host}
          draft={draft}
          onDraft={onDraft}
          onDone={() => {
            onDraft(null);
            watches.reload();
          }}
        />
      )}
      <Loaded of={watches} label="Reading the watched folders" failed="The watched folders could not be read." rows={2}>
        {list =>
          list.length === 0 ? (
            !draft && (
              <div className="wb-empty">
                <p>No folder is watched yet. Files that come into a watched one are taken in by themselves, each once.</p>
                {button(true)}
              </div>
            )
          ) : (
            <ul className="wb-versions" aria-label="Folders that are watched">
              {list.map(watch => (
                <WatchRow key={watch.id} host={host} watch={watch} onChanged={watches.reload} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  );
}

function WatchForm({ host, draft, onDraft, onDone }: { host: Host; draft: WatchDraft; onDraft: (draft: WatchDraft | null) => void; onDone: () => void }) {
  const keys = draft.keys.split(',').flatMap(key => key.trim() || []);
  const add = useAction(async () => {
    const byKey: LoadOptions = draft.mode === 'upsert' ? { keys, duplicates: draft.last ? 'last' : 'error' } : {};
    const options: LoadOptions = { name: draft.name.trim() || undefined, mode: draft.mode, ...byKey };
    await host.call('sources.watch', { source: draft.source.trim(), options });
    onDone();
  });
  const set = (part: Partial<WatchDraft>) => onDraft({ ...draft, ...part });
  const ready = draft.source.trim() !== '' && (draft.mode !== 'upsert' || keys.length > 0);
  return (
    <LineForm label="Watch a folder" onSubmit={() => void add.run()} onCancel={() => onDraft(null)}>
      <label>
        <span>Folder or pattern</span>
        <input
          className="wb-input wb-wider"
          autoFocus
          spellCheck={false}
          placeholder="incoming/ or incoming/*.csv"
          value={draft.source}
          onChange={event => set({ source: event.target.value })}
        />
      </label>
      <label>
        <span>Dataset</span>
        <input className="wb-input" spellCheck={false} placeholder="as the folder" value={draft.name} onChange={event => set({ name: event.target.value })} />
      </label>
      <label>
        <span>Each file</span>
        <select className="wb-select" aria-label="What each file does" value={draft.mode} onChange={event => set({ mode: event.target.value as LoadMode })}>
          <option value="append">adds its rows</option>
          <option value="upsert">updates by key</option>
          <option value="overwrite">replaces all rows</option>
        </select>
      </label>
      {draft.mode === 'upsert' && (
        <label>
          <span>Key columns</span>
          <input className="wb-input" spellCheck={false} placeholder="id, day" value={draft.keys} onChange={event => set({ keys: event.target.value })} />
        </label>
      )}
      {draft.mode === 'upsert' && (
        <label title="Without it a file with such rows is refused">
          <span>Same key twice</span>
          <select className="wb-select" value={draft.last ? 'last' : 'error'} onChange={event => set({ last: event.target.value === 'last' })}>
            <option value="error">refuses the file</option>
            <option value="last">takes the last row</option>
          </select>
        </label>
      )}
      <Button primary submit disabled={add.busy || !ready}>
        Watch it
      </Button>
      <Button onClick={() => onDraft(null)}>Cancel</Button>
      <p className="wb-hint wb-line">The folder lies with the workspace; a path is from its folder. What is in it already is taken in, too.</p>
      {add.error && <Problem title="It is not watched." error={add.error} />}
    </LineForm>
  );
}

function WatchRow({ host, watch, onChanged }: { host: Host; watch: Watch; onChanged: () => void }) {
  const [asked, setAsked] = useState(false);
  const look = useAction(async () => {
    await host.call('sources.look', { id: watch.id });
    onChanged();
  });
  const stop = useAction(async () => {
    await host.call('sources.unwatch', { id: watch.id });
    onChanged();
  });
  const { options } = watch;
  const target = options.name ?? '';
  const more = watch.failed - watch.failures.length;
  return (
    <li className="wb-connection" aria-label={watch.source}>
      <div className="wb-inline">
        <strong className="wb-ellipsis wb-path" title={watch.source}>
          <bdi>{watch.source}</bdi>
        </strong>
        <span>
          into{' '}
          <button type="button" className="wb-link" onClick={() => void host.open({ kind: 'dataset', name: target })}>
            {target}
          </button>
          {options.mode === 'upsert' && <span className="wb-hint"> by {options.keys?.join(', ')}</span>}
          {options.mode === 'overwrite' && <span className="wb-hint"> in place of its rows</span>}
        </span>
        <span className="wb-gap" />
        {asked ? (
          <>
            <span>What was taken in stays.</span>
            <Button primary disabled={stop.busy} onClick={() => void stop.run()}>
              Watch it no longer
            </Button>
            <Button onClick={() => setAsked(false)}>Go on</Button>
          </>
        ) : (
          <>
            <Button disabled={look.busy} onClick={() => void look.run()}>
              {look.busy ? 'Looking…' : 'Look now'}
            </Button>
            <Button onClick={() => setAsked(true)}>Stop</Button>
          </>
        )}
      </div>
      <p className="wb-hint">
        {plural(watch.taken, 'file')} taken
        {watch.repeated > 0 && `, ${exact(watch.repeated)} there already`}
        {watch.loading + watch.waiting > 0 && `, ${exact(watch.loading + watch.waiting)} still coming`}
        {watch.failed > 0 && `, ${exact(watch.failed)} failed`}
        {'; '}
        {watch.looked_at ? (
          <>
            last looked <When at={watch.looked_at} />
          </>
        ) : (
          'not looked into yet'
        )}
        {watch.last_status && (
          <>
            ; last file {watch.last_file} <Status status={watch.last_status} />
          </>
        )}
      </p>
      {watch.error && (
        <p className="wb-warning" role="alert">
          <Words text={watch.error} />
        </p>
      )}
      {watch.failures.map((each, place) => (
        <p key={each} className="wb-warning">
          Not taken in: {each}
          {place === watch.failures.length - 1 && `${more > 0 ? ` And ${exact(more)} more.` : ''} Change the file, and it is tried again.`}
        </p>
      ))}
      {look.error && <Problem title="It could not be looked into." error={look.error} />}
      {stop.error && <Problem title="It is still watched." error={stop.error} />}
    </li>
  );
}
