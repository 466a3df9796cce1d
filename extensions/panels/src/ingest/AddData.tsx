import { useRef, useState } from 'react';
import { type Host } from '../host.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { useResource } from '../ui/useResource.js';
import { type Imports } from './imports.js';
import { NewConnection } from './NewConnection.js';

interface Props {
  host: Host;
  imports: Imports;
}

/** Ways to bring data: a file of this computer, a path or an address, a saved connection. */
export function AddData(props: Props) {
  const { imports } = props;
  const picker = useRef<HTMLInputElement>(null);
  const [source, setSource] = useState('');
  const look = () => {
    if (source.trim()) {
      imports.addSource(source.trim());
    }
  };
  return (
    <div className="wb-scroll wb-sections wb-add-data">
      <section aria-label="A file">
        <h3>A file of this computer</h3>
        <p className="wb-hint">Drop files anywhere on this page, or choose them. Nothing is written before you have seen what they hold.</p>
        <div className="wb-edit-actions wb-start wb-above">
          <Button primary onClick={() => picker.current?.click()}>
            Choose files
          </Button>
        </div>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files to look at"
          onChange={event => {
            imports.add([...(event.target.files ?? [])]);
            event.target.value = '';
                }}
        />
      </section>
      <section aria-label="A path or an address">
        <h3>A path or an address</h3>
        <form
          className="wb-inline"
          data-lm-suppress-shortcuts="true"
          onSubmit={event => {
            event.preventDefault();
            look();
          }}
        >
          <input
            className="wb-input wb-grow"
            aria-label="Path or address"
            placeholder="data/2026-*.csv, a folder, https://…, s3://…"
            spellCheck={false}
            value={source}
            onChange={event => setSource(event.target.value)}
          />
          <Button submit disabled={!source.trim()}>
            Look at it
          </Button>
        </form>
        <p className="wb-hint">Paths are the server's, from the workspace's folder.</p>
      </section>
      <FromConnection {...props} />
    </div>
  );
}

function FromConnection({ host, imports }: Props) {
  const connections = useResource('connections', signal => host.call('sources.connections', {}, signal));
  const [chosen, setChosen] = useState<string | null>(null);
  const [query, setQuery] = useState('');
  const [adding, setAdding] = useState(false);
  const name = chosen ?? connections.data?.[0]?.name ?? null;
  const tables = useResource(name, signal => host.call('sources.tables', { name: name! }, signal));
  const take = (source: string) => {
    imports.addSource(source);
  };
  return (
    <section aria-label="A connection">
      <h3>
        A database
        {!adding && (
          <button type="button" className="wb-link" onClick={() => setAdding(true)}>
            New connection
          </button>
        )}
      </h3>
      {adding && (
        <NewConnection
          host={host}
          onCancel={() => setAdding(false)}
          onSaved={saved => {
            setAdding(false);
            setChosen(saved);
            connections.reload();
          }}
        />
      )}
      <Loaded of={connections} label="Reading the connections" failed="The connections could not be read." rows={2}>
        {found =>
          found.length === 0 ? (
            <p className="wb-hint">No connection is saved yet.</p>
          ) : (
            <>
              <div className="wb-inline">
                <select className="wb-select" aria-label="Connection" value={name ?? ''} onChange={event => setChosen(event.target.value)}>
                  {found.map(each => (
                    <option key={each.name} value={each.name}>
                      {each.name} ({each.kind})
                    </option>
                  ))}
                </select>
              </div>
              <form
                className="wb-inline wb-above"
                data-lm-suppress-shortcuts="true"
                onSubmit={event => {
                  event.preventDefault();
                  if (query.trim()) {
                    take(`connection:${name}?query=${query.trim()}`);
                  }
                }}
              >
                <input
                  className="wb-input wb-grow"
                  aria-label="Query"
                  placeholder="select … (or take a whole table below)"
                  spellCheck={false}
                  value={query}
                  onChange={event => setQuery(event.target.value)}
                />
                <Button submit disabled={!query.trim()}>
                  Look at it
                </Button>
              </form>
              <Loaded of={tables} label={`Reading the tables of ${name}`} failed={`The tables of ${name} could not be read.`} rows={3}>
                {list => (
                  <ul className="wb-versions" aria-label={`Tables of ${name}`}>
                    {list.map(table => (
                      <li key={table.name}>
                        <button type="button" className="wb-link" onClick={() => take(`connection:${name}/${table.name}`)}>
                          {table.name}
                        </button>
                      </li>
                    ))}
                  </ul>
                )}
              </Loaded>
            </>
          )
        }
      </Loaded>
    </section>
  );
}
