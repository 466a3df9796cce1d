import { type SQLDialect } from '@codemirror/lang-sql';
import { highlightTree, tagHighlighter, tags } from '@lezer/highlight';
import { parametersIn } from './statements.js';

export interface Part {
  text: string;
  className?: string;
  /** The parameter whose value it is. */
  name?: string;
}

const CLASSES = tagHighlighter([
  { tag: tags.keyword, class: 'wb-code-keyword' },
  { tag: [tags.string, tags.special(tags.string)], class: 'wb-code-string' },
  { tag: tags.number, class: 'wb-code-number' },
  { tag: [tags.bool, tags.null], class: 'wb-code-atom' },
  { tag: tags.comment, class: 'wb-code-comment' },
  { tag: tags.typeName, class: 'wb-code-type' },
  { tag: tags.operator, class: 'wb-code-operator' }
]);

/** A value as SQL writes it. */
export const literal = (value: unknown): string =>
  value === null || value === undefined ? 'NULL' : typeof value === 'string' ? `'${value.replaceAll('\'', '\'\'')}'` : JSON.stringify(value);

/** A text in parts of one colour each; in the places of parameters that have a value stands that. */
export function highlighted(sql: string, dialect: SQLDialect, values: Record<string, unknown>): Part[] {
  const coloured: { from: number; to: number; className: string }[] = [];
  highlightTree(dialect.language.parser.parse(sql), CLASSES, (from, to, className) => coloured.push({ from, to, className }));
  const bound = parametersIn(sql).filter(each => each.name in values);
  const parts: Part[] = [];
  const plain = (from: number, to: number) => {
    let at = from;
    for (const each of coloured) {
      const [begin, end] = [Math.max(each.from, at), Math.min(each.to, to)];
      if (begin < end) {
        if (begin > at) {
          parts.push({ text: sql.slice(at, begin) });
        }
        parts.push({ text: sql.slice(begin, end), className: each.className });
        at = end;
      }
    }
    if (at < to) {
      parts.push({ text: sql.slice(at, to) });
    }
  };
  let done = 0;
  for (const { from, to, name } of bound) {
    plain(done, from);
    parts.push({ text: literal(values[name]), className: 'wb-code-value', name });
    done = to;
  }
  plain(done, sql.length);
  return parts;
}
