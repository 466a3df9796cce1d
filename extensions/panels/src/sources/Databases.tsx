import { useState } from 'react';
import { type Host } from '../host.js';
import { plural } from '../format.js';
import { type Connection, type ConnectionTest } from '../records.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';
import { Words } from '../ui/Words.js';
import { type ConnectionDraft, draftOf, EMPTY_CONNECTION, whereOf } from './connection.js';
import { ConnectionForm } from './ConnectionForm.js';
import { Tables } from './Tables.js';

/** What is remembered of this part over a reload; never a secret. */
export interface DatabasesKept {
  connection: string | null;
  /** What is typed of a new or changed connection; null where no form is open. */
  draft: ConnectionDraft | null;
  query: string;
}

interface Props {
  host: Host;
  /** Whether connections are made and changed here; else those are there that were granted. */
  everything: boolean;
  kept: DatabasesKept;
  keep: (change: Partial<DatabasesKept>) => void;
  onTake: (source: string) => void;
}

/** Saved connections: make one, try it, change it, forget it; and what can be read through each. */
export function Databases({ host, everything, kept, keep, onTake }: Props) {
  const connections = useResource('connections', signal => host.call('sources.connections', {}, signal));
  const kinds = useResource(everything ? 'kinds' : null, signal => host.call('sources.kinds', {}, signal));
  const [tested, setTested] = useState<Readonly<Record<string, ConnectionTest>>>({});
  const found = connections.data ?? [];
  const chosen = found.find(each => each.name === kept.connection) ?? found[0];
  const open = (draft: ConnectionDraft | null) => keep({ draft });
  const addButton = (primary: boolean) => (
    <Button primary={primary} onClick={() => open(EMPTY_CONNECTION)}>
      New connection
    </Button>
  );
  return (
    <>
      <section aria-label="Connections">
        <h3>Connections {everything && !kept.draft && found.length > 0 && addButton(false)}</h3>
        {everything && kept.draft && (
          <Loaded of={kinds} label="Reading the kinds of database" failed="The kinds of database could not be read." rows={2}>
            {known => (
              <ConnectionForm
                host={host}
                kinds={known}
                draft={kept.draft!}
                saved={found.some(each => each.name === kept.draft!.name && each.name === kept.connection && kept.draft!.kind === each.kind)}
                onDraft={draft => open(draft)}
                onCancel={() => open(null)}
                onSaved={(name, result) => {
                  setTested(old => ({ ...old, [name]: result }));
                  keep({ draft: null, connection: name });
                  connections.reload();
                }}
              />
            )}
          </Loaded>
        )}
        <Loaded of={connections} label="Reading the connections" failed="The connections could not be read." rows={2}>
          {list =>
            list.length === 0 && !everything ? (
              <div className="wb-empty">
                <p>No connection to a database is granted to you. Ask who administers the workspace for one.</p>
              </div>
            ) : list.length === 0 ? (
              !kept.draft && (
                <div className="wb-empty">
                  <p>No database is connected yet. Its tables can then be looked at and imported like files.</p>
                  {addButton(true)}
                </div>
              )
            ) : (
              <ul className="wb-versions" aria-label="Saved connections">
                {list.map(each => (
                  <ConnectionRow
                    key={each.name}
                    host={host}
                    connection={each}
                    everything={everything}
                    current={each.name === chosen?.name}
                    tested={tested[each.name]}
                    onChoose={() => keep({ connection: each.name })}
                    onTested={result => setTested(old => ({ ...old, [each.name]: result }))}
                    onChange={() => keep({ connection: each.name, draft: draftOf(each) })}
                    onGone={connections.reload}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </section>
      {chosen && <Tables key={chosen.name} host={host} connection={chosen} query={kept.query} onQuery={query => keep({ query })} onTake={onTake} />}
    </>
  );
}

function ConnectionRow(props: {
  host: Host;
  connection: Connection;
  everything: boolean;
  current: boolean;
  tested: ConnectionTest | undefined;
  onChoose: () => void;
  onTested: (result: ConnectionTest) => void;
  onChange: () => void;
  onGone: () => void;
}) {
  const { host, connection, tested } = props;
  const { name } = connection;
  // Where it leads is told to who may change it.
  const where = props.everything ? `${connection.kind}, ${whereOf(connection)}` : connection.kind;
  const [asked, setAsked] = useState(false);
  const test = useAction(async () => props.onTested(await host.call('sources.test', { name })));
  const forget = useAction(async () => {
    await host.call('sources.disconnect', { name });
    props.onGone();
  });
  return (
    <li className="wb-connection" aria-label={name} aria-current={props.current || undefined}>
      <div className="wb-inline">
        <button type="button" className="wb-link" aria-pressed={props.current} title={`Tables of ${name}`} onClick={props.onChoose}>
          {name}
        </button>
        <span className="wb-hint wb-ellipsis wb-grow" title={where}>
          {where}
          {props.everything && connection.has_secret && ', with a password'}
        </span>
        {!props.everything ? null : asked ? (
          <>
            <span>Its password is forgotten, too. Imported tables stay.</span>
            <Button primary disabled={forget.busy} onClick={() => void forget.run()}>
              Forget {name}
            </Button>
            <Button onClick={() => setAsked(false)}>Keep it</Button>
          </>
        ) : (
          <>
            <Button disabled={test.busy} onClick={() => void test.run()}>
              {test.busy ? 'Testing…' : 'Test'}
            </Button>
            <Button onClick={props.onChange}>Change</Button>
            <Button onClick={() => setAsked(true)}>Disconnect</Button>
          </>
        )}
      </div>
      {tested && !test.busy && <Tested name={name} tested={tested} />}
      {test.error && <Problem title={`${name} could not be tried.`} error={test.error} />}
      {forget.error && <Problem title={`${name} is still there.`} error={forget.error} />}
    </li>
  );
}

const Tested = ({ name, tested }: { name: string; tested: ConnectionTest }) =>
  tested.ok ? (
    <p className="wb-hint" role="status">
      {tested.version} answers; {plural(tested.tables ?? 0, 'table')} can be read.
    </p>
  ) : (
    <p className="wb-warning" role="alert">
      {name} does not work so. <Words text={tested.message} /> <Words text={tested.fix} />
    </p>
  );
