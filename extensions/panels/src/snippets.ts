import { splitName } from './format.js';
import { type Snippet } from './host.js';

/** How to read a dataset, in both languages. */
export function readSnippet(name: string): Snippet {
  const [, table] = splitName(name);
  return {
    python: `${table} = ws.dataset("${name}").read()\n${table}`,
    sql: `select *\nfrom ${name}\nlimit 100`
  };
}

/** How to read one column of it. */
export function columnSnippet(name: string, column: string): Snippet {
  return {
    python: `ws.sql('select "${column}" from ${name}').polars()`,
    sql: `select "${column}"\nfrom ${name}\nlimit 100`
  };
}

/** A look at a dataset, in both languages: what a person starts a question from. */
export const querySnippet = (name: string): Snippet => ({
  python: `ws.sql("select * from ${name} limit 100").polars()`,
  sql: `select *\nfrom ${name}\nlimit 100`
});
