import { autocompletion, closeBrackets, closeBracketsKeymap, type CompletionContext, completionKeymap, type CompletionResult } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { sql } from '@codemirror/lang-sql';
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintKeymap, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Extension, Prec } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder, tooltips } from '@codemirror/view';
import { type Host, type WorkbenchError } from '../host.js';
import { type Completion } from '../records.js';
import { colours, look } from '../ui/code.js';
import { DuckDB } from './dialect.js';
import { nameAt, offsetAt, offsetOf, pointsBefore, statementAt } from './statements.js';

const ICON: Record<Completion['kind'], string> = { table: 'class', column: 'property', keyword: 'keyword', function: 'function', namespace: 'namespace' };

/** What fits at the cursor, asked of the workspace: the statement as it stands, with the types of its columns. */
export async function completions(host: Host, text: string, cursor: number, signal: AbortSignal): Promise<CompletionResult | null> {
  const one = statementAt(text, cursor);
  // Before the first word of the next statement there is none yet.
  const inside = one && cursor >= one.from && !/;/.test(text.slice(one.to, cursor));
  const [from, sqlText] = inside ? [one.from, text.slice(one.from, Math.max(one.to, cursor))] : [cursor, ''];
  let found: Completion[];
  try {
    found = await host.call('query.complete', { sql: sqlText, position: pointsBefore(sqlText, cursor - from) }, signal);
  } catch {
    return null; // while one types nobody wants to read what went wrong; running it says so
  }
  const start = found[0]?.start;
  const fitting = found.filter(each => each.start === start);
  if (start === undefined || fitting.length === 0) {
    return null;
  }
  const end = offsetOf(sqlText, fitting[0]!.end);
  return {
    from: from + offsetOf(sqlText, start),
    to: from + end,
    // In the order in which they came, from 99 to -99, however many they are.
    options: fitting.map((each, i) => ({ label: each.text, detail: each.detail, type: ICON[each.kind], boost: 99 - (198 * i) / fitting.length })),
    validFor: /^[\w]*$/
  };
}

function completing(host: Host): Extension {
  const source = async (context: CompletionContext) => {
    const before = context.matchBefore(/[\w."]+/);
    if (!context.explicit && !before) {
      return null;
    }
    const aborter = new AbortController();
    context.addEventListener('abort', () => aborter.abort());
    const found = await completions(host, context.state.doc.toString(), context.pos, aborter.signal);
    // Who has gone elsewhere meanwhile writes no more.
    return context.view?.hasFocus === false ? null : found;
  };
  return autocompletion({ override: [source], icons: false, maxRenderedOptions: 60, activateOnTypingDelay: 150 });
}

export interface Keys {
  /** Run what is selected, or the statement at the cursor; with `on`, go to the next one. */
  runHere: (on: boolean) => void;
  runAll: () => void;
  format: () => void;
}

/** All that the editor is made of. */
export function setup(host: Host, keys: Keys, onChange: (text: string) => void): Extension[] {
  const does = (work: () => void) => () => {
    work();
    return true;
  };
  const own = keymap.of([
    { key: 'Mod-Enter', run: does(() => keys.runHere(false)) },
    { key: 'Shift-Enter', run: does(() => keys.runHere(true)) },
    { key: 'Mod-Shift-Enter', run: does(keys.runAll) },
    { key: 'Shift-Alt-f', run: does(keys.format) }
  ]);
  return [
    Prec.highest(own),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...lintKeymap, ...defaultKeymap, indentWithTab]),
    lineNumbers(),
    history(),
    drawSelection(),
    EditorState.allowMultipleSelections.of(true),
    EditorState.tabSize.of(2),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    sql({ dialect: DuckDB, upperCaseKeywords: false }),
    syntaxHighlighting(colours),
    look,
    completing(host),
    tooltips({ position: 'fixed' }),
    placeholder('select …'),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false' }),
    EditorView.updateListener.of(update => {
      if (update.docChanged) {
        onChange(update.state.doc.toString());
      }
    })
  ];
}

/** Show an error at its place in the statement that begins at `from`; with null, none. */
export function mark(view: EditorView, error: WorkbenchError | null, from = 0, sqlText = ''): void {
  if (!error) {
    view.dispatch(setDiagnostics(view.state, []));
    return;
  }
  const at = offsetAt(sqlText, error.details.line, error.details.column);
  if (at === null || view.state.sliceDoc(from, from + sqlText.length) !== sqlText) {
    return; // it has no place, or the text has changed since
  }
  const word = nameAt(sqlText, at);
  const start = Math.min(from + at, view.state.doc.length);
  const to = Math.min(Math.max(start + word.length, start), view.state.doc.length);
  const message = error.fix ? `${error.message}\n${error.fix}` : error.message;
  view.dispatch(setDiagnostics(view.state, [{ from: start, to, severity: 'error', message }]));
}
