import { HighlightStyle } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** JupyterLab's own colours of code, with what they are in its light theme: a text looks as in a notebook. */
export const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--jp-mirror-editor-keyword-color, #008000)', fontWeight: 'bold' },
  // Names of a mapping, which YAML is full of.
  { tag: [tags.atom, tags.definition(tags.propertyName)], color: 'var(--jp-mirror-editor-keyword-color, #008000)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--jp-mirror-editor-string-color, #ba2121)' },
  { tag: tags.number, color: 'var(--jp-mirror-editor-number-color, #080)' },
  { tag: [tags.bool, tags.null], color: 'var(--jp-mirror-editor-atom-color, #88f)' },
  { tag: tags.comment, color: 'var(--jp-mirror-editor-comment-color, #408080)', fontStyle: 'italic' },
  { tag: tags.typeName, color: 'var(--jp-mirror-editor-builtin-color, #008000)' },
  { tag: tags.operator, color: 'var(--jp-mirror-editor-operator-color, #a2f)' },
  { tag: tags.meta, color: 'var(--wb-font2)' }
]);

/** What an editor is drawn like in a panel, which it fills. */
export const look = EditorView.theme({
  '&': { flex: '1', minHeight: '0', color: 'var(--jp-mirror-editor-variable-color, var(--wb-font0))', backgroundColor: 'var(--wb-layout1)', fontSize: 'var(--jp-code-font-size, 13px)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--wb-code)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--jp-editor-cursor-color, var(--wb-font0))' },
  '.cm-cursor': { borderLeftColor: 'var(--jp-editor-cursor-color, var(--wb-font0))' },
  '.cm-gutters': { color: 'var(--wb-font2)', backgroundColor: 'var(--wb-layout1)', borderRight: '1px solid var(--wb-border2)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--wb-hover)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    background: 'var(--jp-editor-selected-focused-background, #d7d4f0)'
  },
  '.cm-placeholder': { color: 'var(--wb-font2)' },
  '.cm-tooltip': { color: 'var(--wb-font1)', backgroundColor: 'var(--wb-layout1)', border: '1px solid var(--wb-border1)', fontFamily: 'var(--wb-family)', fontSize: 'var(--wb-size1)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--wb-code)', fontSize: 'var(--jp-code-font-size, 13px)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { color: 'var(--jp-ui-inverse-font-color1, #fff)', backgroundColor: 'var(--wb-brand1)' },
  '.cm-completionDetail': { marginLeft: '1.5em', color: 'var(--wb-font2)', fontStyle: 'normal' },
  'li[aria-selected] .cm-completionDetail': { color: 'inherit' },
  '.cm-diagnostic': { maxWidth: '60ch', whiteSpace: 'pre-line' }
});
