import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { yaml } from '@codemirror/legacy-modes/mode/yaml';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** Lab's own colours of code, with what they are in its light theme. */
const colours = HighlightStyle.define([
  { tag: [tags.bool, tags.number], color: 'var(--jp-mirror-editor-number-color, #080)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--jp-mirror-editor-string-color, #ba2121)' },
  { tag: tags.comment, color: 'var(--jp-mirror-editor-comment-color, #408080)', fontStyle: 'italic' },
  { tag: [tags.keyword, tags.atom, tags.definition(tags.propertyName)], color: 'var(--jp-mirror-editor-keyword-color, #008000)' },
  { tag: [tags.punctuation, tags.meta], color: 'var(--wb-font2)' }
]);

const look = EditorView.theme({
  '&': { flex: '1', minHeight: '0', color: 'var(--wb-font0)', backgroundColor: 'var(--jp-cell-editor-background, var(--wb-layout1))' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--wb-code)', fontSize: 'var(--jp-code-font-size, 13px)', lineHeight: 'var(--jp-code-line-height, 1.4)' },
  '.cm-content': { minHeight: '100%', caretColor: 'var(--jp-editor-cursor-color, var(--wb-font0))' },
  '.cm-cursor': { borderLeftColor: 'var(--jp-editor-cursor-color, var(--wb-font0))' },
  '.cm-gutters': { color: 'var(--wb-font2)', backgroundColor: 'var(--wb-layout1)', borderRight: '1px solid var(--wb-border2)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--wb-hover)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { background: 'var(--jp-editor-selected-focused-background, #d7d4f0) !important' },
  '.cm-tooltip': { color: 'var(--wb-font1)', backgroundColor: 'var(--wb-layout0)', border: '1px solid var(--wb-border1)' }
});

export interface Editor {
  set: (text: string) => void;
  /** Mark a line (from 1), or nothing. */
  mark: (line: number | null, message: string) => void;
  /** Go to a line. */
  show: (line: number) => void;
  readOnly: (is: boolean) => void;
  focus: () => void;
  end: () => void;
}

/** An editor of YAML in `box`; Tab leaves it, as it does any field. */
export function createEditor(box: HTMLElement, text: string, label: string, onChange: (text: string) => void): Editor {
  const locked = new Compartment();
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
        }),
        locked.of(EditorState.readOnly.of(false))
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
    readOnly: is => view.dispatch({ effects: locked.reconfigure(EditorState.readOnly.of(is)) }),
    focus: () => view.focus(),
    end: () => view.destroy()
  };
}
