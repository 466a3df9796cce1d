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
