import { type Host } from '../host.js';
import { querySnippet } from '../snippets.js';

/** A statement that looks at a dataset or view: run in the SQL panel, or in a notebook where there is none. */
export function query(host: Host, name: string, say: (words: string) => void): void {
  const snippet = querySnippet(name);
  if (host.shows('sql')) {
    void host.open({ kind: 'sql', sql: snippet.sql, run: true });
  } else {
    void host.insert(snippet, 'sql', true).then(say, (error: unknown) => say((error as Error).message));
  }
}
