import { type Host, type Snippet } from '../host.js';
import { columnSnippet, querySnippet, readSnippet } from '../snippets.js';
import { type MenuItem } from '../ui/Menu.js';
import { type Row } from './rows.js';

/** The code that reads what a row stands for; null for rows that hold no data. */
export function rowSnippet(row: Row): Snippet | null {
  if (row.kind === 'dataset') {
    return row.dataset.kind === 'view' ? querySnippet(row.dataset.name) : readSnippet(row.dataset.name);
  }
  return row.kind === 'column' ? columnSnippet(row.dataset.name, row.column.name) : null;
}

/** What can be done with a row. */
export function rowMenu(
  host: Host,
  row: Row,
  insert: (snippet: Snippet, language?: keyof Snippet) => void,
  copy: (text: string, what: string) => void,
  /** Where one may. */
  drop?: (name: string) => void
): MenuItem[] {
  const snippet = rowSnippet(row);
  if (!snippet || (row.kind !== 'dataset' && row.kind !== 'column')) {
    return [];
  }
  const { name } = row.dataset;
  // Its rows are a statement's, its lineage and what is seen of it are its tables'.
  const view = row.dataset.kind === 'view';
  const items: MenuItem[] = [
    {
      label: 'Open',
      icon: 'dataset',
      run: () => void host.open({ kind: 'dataset', name, tab: view ? 'view' : row.kind === 'column' ? 'columns' : undefined })
    },
    ...(host.shows('sql') ? [{ label: 'Query in SQL', icon: 'sql' as const, run: () => void host.open({ kind: 'sql', sql: snippet.sql, run: true }) }] : []),
    { label: 'Insert into notebook', icon: 'code', run: () => insert(snippet) },
    { label: 'Insert as SQL', run: () => insert(snippet, 'sql') },
    { label: 'Insert as Python', run: () => insert(snippet, 'python') }
  ];
  if (!view && host.shows('sample')) {
    items.push({ label: 'Open rows in the main area', icon: 'table', run: () => void host.open({ kind: 'sample', name }) });
  }
  if (!view && host.shows('lineage')) {
    items.push({ label: 'Show lineage', icon: 'lineage', run: () => void host.open({ kind: 'lineage', name }) });
  }
  if (!view && host.shows('compliance')) {
    items.push({ label: 'Who sees this?', icon: 'people', run: () => void host.open({ kind: 'compliance', name }) });
  }
  items.push({
    label: row.kind === 'column' ? 'Copy column name' : 'Copy name',
    icon: 'copy',
    run: () => copy(row.kind === 'column' ? row.column.name : name, 'the name')
  });
  // A view's page drops it; who drops a dataset from one of its columns had hardly meant that.
  if (drop && !view && row.kind === 'dataset') {
    items.push({ label: 'Drop', icon: 'close', run: () => drop(name) });
  }
  return items;
}
