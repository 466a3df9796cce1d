/** A cell of an executed notebook, as far as a panel shows it: text and pictures, never what would run as a program. */
export interface ShownCell {
  id: string;
  kind: 'code' | 'markdown';
  source: string;
  /** Null: it has not run. */
  number: number | null;
  outputs: ShownOutput[];
}

export type ShownOutput = { kind: 'text' | 'error'; text: string } | { kind: 'picture'; url: string };

interface Output {
  output_type: string;
  text?: string | string[];
  data?: Record<string, unknown>;
  ename?: string;
  evalue?: string;
  traceback?: string[];
}

interface Cell {
  id?: string;
  cell_type: string;
  source?: string | string[];
  execution_count?: number | null;
  outputs?: Output[];
}

const joined = (text: unknown): string => (Array.isArray(text) ? text.join('') : typeof text === 'string' ? text : '');
// Colours of a terminal.
// eslint-disable-next-line no-control-regex
const plain = (text: string): string => text.replace(/\u001b\[[0-9;]*m/g, '');

/** Of a text as much as a page shows at once: more keeps the browser busy for minutes. All of it is in the executed notebook. */
const MOST = 200_000;
const cut = (text: string): string =>
  text.length <= MOST ? text : `${text.slice(0, MOST / 2)}\n… ${(text.length - MOST).toLocaleString('en')} characters are left out here; the executed notebook has them. …\n${text.slice(-MOST / 2)}`;

function shown({ output_type: type, text, data, ename, evalue, traceback }: Output): ShownOutput[] {
  if (type === 'stream') {
    return [{ kind: 'text', text: cut(plain(joined(text))) }];
  }
  if (type === 'error') {
    return [{ kind: 'error', text: cut(plain((traceback ?? []).join('\n')) || `${ename}: ${evalue}`) }];
  }
  const picture = joined(data?.['image/png']).replace(/\s/g, '');
  if (/^[A-Za-z0-9+/=]+$/.test(picture)) {
    return [{ kind: 'picture', url: `data:image/png;base64,${picture}` }];
  }
  const words = joined(data?.['text/plain']);
  return words ? [{ kind: 'text', text: cut(words) }] : [];
}

/** The cells of a notebook in Jupyter's format. */
export const cellsOf = (notebook: Record<string, unknown>): ShownCell[] =>
  ((notebook.cells ?? []) as Cell[]).map((cell, i) => ({
    id: cell.id ?? String(i),
    kind: cell.cell_type === 'code' ? 'code' : 'markdown',
    source: joined(cell.source),
    number: cell.execution_count ?? null,
    outputs: (cell.outputs ?? []).flatMap(shown)
  }));
