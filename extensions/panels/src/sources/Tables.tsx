import { useState } from 'react';
import { type Host } from '../host.js';
import { count, exact } from '../format.js';
import { type Connection, type TableFound } from '../records.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { SearchField } from '../ui/SearchField.js';
import { useResource } from '../ui/useResource.js';

interface Props {
  host: Host;
  connection: Connection;
  query: string;
  onQuery: (query: string) => void;
  onTake: (source: string) => void;
}

/** More than these are found by typing. */
const SHOWN = 200;

/** What can be read through a connection: its tables, or what a query gives. */
export function Tables({ host, connection, query, onQuery, onTake }: Props) {
  const { name } = connection;
  const [filter, setFilter] = useState('');
  // Saved anew, it may lead elsewhere.
  const tables = useResource(`${name} ${connection.changed_at}`, signal => host.call('sources.tables', { name }, signal));
  const ask = () => query.trim() && onTake(`connection:${name}?query=${query.trim()}`);
  return (
    <>
      <section aria-label={`Tables of ${name}`}>
        <h3>Tables of {name}</h3>
        <Loaded of={tables} label={`Reading the tables of ${name}`} failed={`The tables of ${name} could not be read.`} rows={4}>
          {list =>
            list.length === 0 ? (
              <p className="wb-hint">
                {name} has no table that {connection.options.user ? `${connection.options.user as string} may read` : 'can be read'}. Make one there, or connect to another
                database.
              </p>
            ) : (
              <>
                {list.length > 12 && (
                  <SearchField className="wb-grow" label={`Find a table of ${name}`} placeholder={`${exact(list.length)} tables; type to find one`} value={filter} onChange={setFilter} />
                )}
                <Listed name={name} list={list} filter={filter} onTake={onTake} />
              </>
            )
          }
        </Loaded>
      </section>
      <section aria-label={`Query to ${name}`}>
        <h3>Or a query</h3>
        <form
          data-lm-suppress-shortcuts="true"
          onSubmit={event => {
            event.preventDefault();
            ask();
          }}
        >
          <textarea
            className="wb-input wb-query"
            aria-label="Query"
            rows={3}
            placeholder={'select id, total from orders where total > 100'}
            spellCheck={false}
            value={query}
            onChange={event => onQuery(event.target.value)}
            onKeyDown={event => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                ask();
              }
            }}
          />
          <div className="wb-inline wb-above">
            <Button submit disabled={!query.trim()}>
              Look at it
            </Button>
            <span className="wb-hint">One SELECT in the database’s own SQL; it can change nothing there.</span>
          </div>
        </form>
      </section>
    </>
  );
}

function Listed({ name, list, filter, onTake }: { name: string; list: TableFound[]; filter: string; onTake: (source: string) => void }) {
  const found = list.filter(table => table.name.toLowerCase().includes(filter.trim().toLowerCase()));
  if (found.length === 0) {
    return <p className="wb-hint">No table of {name} has “{filter.trim()}” in its name.</p>;
  }
  return (
    <>
      <ul className="wb-versions wb-tables" aria-label={`What can be read from ${name}`}>
        {found.slice(0, SHOWN).map(table => (
          <li key={table.name} className="wb-inline">
            <button type="button" className="wb-link" title={`Look at ${table.name}`} onClick={() => onTake(`connection:${name}/${table.name}`)}>
              {table.name}
            </button>
            <span className="wb-hint">
              {table.kind === 'table' ? '' : table.kind}
              {table.rows !== null && `${table.kind === 'table' ? '' : ', '}about ${count(table.rows)} rows`}
            </span>
          </li>
        ))}
      </ul>
      {found.length > SHOWN && <p className="wb-hint">And {exact(found.length - SHOWN)} more; type to find them.</p>}
    </>
  );
}
