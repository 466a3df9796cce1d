import { closeCompletion } from '@codemirror/autocomplete';
import { EditorView } from '@codemirror/view';
import { forwardRef, useEffect, useImperativeHandle, useRef } from 'react';
import { type Host, type WorkbenchError } from '../host.js';
import { type Keys, mark, setup } from './editorSetup.js';
import { splitStatements, type Statement, statementAt } from './statements.js';

/** What the panel does with its editor. */
export interface EditorHandle {
  text(): string;
  /** What is selected, as statements; else the one at the cursor. */
  here(): Statement[];
  /** Go to the statement after the one at the cursor. */
  next(): void;
  /** Put a statement at the end, select it and give its place. */
  append(sql: string): Statement;
  /** Take `text` for all there is. It can be undone. */
  replace(text: string): void;
  showError(error: WorkbenchError, from: number, sql: string): void;
  clearErrors(): void;
  focus(): void;
}

/** A statement's editor. Its first text is `text`; afterwards the text is its own. */
export const Editor = forwardRef<EditorHandle, { host: Host; text: string; keys: Keys; onChange: (text: string) => void }>(function Editor(
  { host, text, keys, onChange },
  handle
) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>();
  const latest = useRef({ keys, onChange });
  latest.current = { keys, onChange };

  useEffect(() => {
    const through: Keys = {
      runHere: on => latest.current.keys.runHere(on),
      runAll: () => latest.current.keys.runAll(),
      format: () => latest.current.keys.format()
    };
    const made = new EditorView({ doc: text, parent: box.current!, extensions: setup(host, through, words => latest.current.onChange(words)) });
    made.dispatch({ selection: { anchor: made.state.doc.length } });
    view.current = made;
    return () => made.destroy();
    // The text is the editor's own once it is there.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [host]);

  useImperativeHandle(handle, (): EditorHandle => {
    const editor = () => view.current!;
    const words = () => editor().state.doc.toString();
    return {
      text: words,
      here: () => {
        const { from, to, empty, head } = editor().state.selection.main;
        const one = statementAt(words(), head);
        return empty ? (one ? [one] : []) : splitStatements(editor().state.sliceDoc(from, to), from, editor().state.doc.lineAt(from).number);
      },
      next: () => {
        const { state } = editor();
        const one = statementAt(words(), state.selection.main.head);
        const after = one && splitStatements(words()).find(each => each.from > one.from);
        const anchor = after?.from ?? state.doc.length;
        editor().dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor) });
      },
      append: sql => {
        const all = words();
        const before = all.trimEnd();
        const gap = before === '' ? '' : before.endsWith(';') ? '\n\n' : ';\n\n';
        const from = before.length + gap.length;
        editor().dispatch({
          changes: { from: before.length, to: all.length, insert: `${gap}${sql}\n` },
          selection: { anchor: from + sql.length },
          effects: EditorView.scrollIntoView(from)
        });
        return { from, to: from + sql.length, line: editor().state.doc.lineAt(from).number, sql };
      },
      replace: next => {
        editor().dispatch({ changes: { from: 0, to: editor().state.doc.length, insert: next }, selection: { anchor: Math.min(next.length, editor().state.selection.main.head) } });
      },
      showError: (error, from, sql) => mark(editor(), error, from, sql),
      clearErrors: () => {
        mark(editor(), null);
        closeCompletion(editor());
      },
      focus: () => editor().focus()
    };
  }, []);

  return <div ref={box} className="wb-sql-editor" data-lm-suppress-shortcuts="true" />;
});
