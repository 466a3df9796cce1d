import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { yaml } from '@codemirror/legacy-modes/mode/yaml';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { colours, look } from '../ui/code.js';

export interface Editor {
  set: (text: string) => void;
  /** Mark a line (from 1), or nothing. */
  mark: (line: number | null, message: string) => void;
  /** Go to a line. */
  show: (line: number) => void;
  end: () => void;
}

/** An editor of YAML in `box`; Tab leaves it, as it does any field. */
export function createEditor(box: HTMLElement, text: string, label: string, onChange: (text: string) => void): Editor {
  let silent = false;
  const view = new EditorView({
    parent: box,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        lintGutter(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        bracketMatching(),
        StreamLanguage.define(yaml),
        syntaxHighlighting(colours),
        look,
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorState.tabSize.of(2),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
        EditorView.updateListener.of(update => {
          if (update.docChanged && !silent) {
            onChange(update.state.doc.toString());
          }
        })
      ]
    })
  });
  const lineAt = (line: number) => view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
  return {
    set: next => {
      if (next !== view.state.doc.toString()) {
        silent = true;
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
        silent = false;
      }
    },
    mark: (line, message) => {
      const at = line === null ? null : lineAt(line);
      view.dispatch(setDiagnostics(view.state, at ? [{ from: at.from + at.text.search(/\S|$/), to: at.to, severity: 'error', message }] : []));
    },
    show: line => {
      const { from, text: written } = lineAt(line);
      const at = from + written.search(/\S|$/);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
      view.focus();
    },
    end: () => view.destroy()
  };
}
