import { type Snippet } from '@workbench/panels/host';

/** Our own kernels, by the names of their specs: in the first `ws` is open and `%%sql` known, in the second a cell is SQL. */
export const LAKE_PYTHON = 'lake-python';
export const LAKE_SQL = 'lake-sql';
const OPEN = 'import workbench\n\nws = workbench.open()';

/** The snippet in the words of the notebook's kernel. */
export function phrase(snippet: Snippet, kernel: string, cells: string[], language?: keyof Snippet): string {
  if (kernel === LAKE_SQL) {
    return snippet.sql;
  }
  if (kernel === LAKE_PYTHON) {
    return language === 'sql' ? `%%sql\n${snippet.sql}` : snippet.python;
  }
  const code = language === 'sql' ? `ws.sql("""\n${snippet.sql}\n""").polars()` : snippet.python;
  return cells.some(text => text.includes('workbench.open(')) ? code : `${OPEN}\n${code}`;
}
