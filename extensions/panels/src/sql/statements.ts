/** Statements of a text, as `split_statements` in `workbench/query/text.py` finds them: quotes, dollar quotes and comments are looked through. */

export interface Statement {
  /** Where its first character stands in the text, and where it ends: what is drawn and replaced. */
  from: number;
  to: number;
  /** The line of the text, from 1, that it begins on. */
  line: number;
  sql: string;
}

const DOLLAR_TAG = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;

/** The offset after the quoted text, comment or single character at `index`; `kind` says which. */
function skip(text: string, index: number): { after: number; kind: 'plain' | 'quoted' | 'comment' } {
  const two = text.slice(index, index + 2);
  const first = text[index]!;
  if (two === '--') {
    const end = text.indexOf('\n', index);
    return { after: end < 0 ? text.length : end + 1, kind: 'comment' };
  }
  if (two === '/*') {
    return { after: afterComment(text, index), kind: 'comment' };
  }
  if (first === '\'' || first === '"') {
    const end = text.indexOf(first, index + 1);
    return { after: end < 0 ? text.length : end + 1, kind: 'quoted' };
  }
  if (first === '$') {
    DOLLAR_TAG.lastIndex = index;
    const tag = DOLLAR_TAG.exec(text)?.[0];
    if (tag) {
      const end = text.indexOf(tag, index + tag.length);
      return { after: end < 0 ? text.length : end + tag.length, kind: 'quoted' };
    }
  }
  return { after: index + 1, kind: 'plain' };
}

/** Comments nest, as they do in DuckDB and PostgreSQL. */
function afterComment(text: string, index: number): number {
  let depth = 0;
  const mark = /\/\*|\*\//g;
  mark.lastIndex = index;
  for (let found = mark.exec(text); found; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) {
      return found.index + 2;
    }
  }
  return text.length;
}

const linesIn = (text: string): number => text.split('\n').length - 1;

/** Each statement with its place; those that hold nothing but comments are left out. What is cut out of a text begins at `from`, on `line`. */
export function splitStatements(text: string, from = 0, line = 1): Statement[] {
  const found: Statement[] = [];
  let start = 0;
  let said = false;
  const end = (at: number) => {
    const part = text.slice(start, at);
    const sql = part.trim();
    if (said) {
      const begin = start + part.length - part.trimStart().length;
      found.push({ from: from + begin, to: from + begin + sql.length, line: line + linesIn(text.slice(0, begin)), sql });
    }
    start = at + 1;
    said = false;
  };
  for (let index = 0; index < text.length; ) {
    const { after, kind } = skip(text, index);
    if (kind === 'plain' && text[index] === ';') {
      end(index);
    } else if (kind === 'quoted' || (kind === 'plain' && text[index]!.trim() !== '')) {
      said = true;
    }
    index = after;
  }
  end(text.length);
  return found;
}

/** The statement that the cursor is in, or else the last one before it, or the first there is. */
export function statementAt(text: string, cursor: number): Statement | undefined {
  const all = splitStatements(text);
  return all.find(one => cursor <= one.to && cursor >= one.from) ?? all.filter(one => one.from <= cursor).at(-1) ?? all[0];
}

/** A statement in a line of at most so many characters, without the comments before it. */
export function inShort(sql: string, most = Infinity): string {
  let begin = 0;
  while (begin < sql.length) {
    const { after, kind } = skip(sql, begin);
    if (kind !== 'comment' && sql[begin]!.trim() !== '') {
      break;
    }
    begin = after;
  }
  const line = sql.slice(begin).replace(/\s+/g, ' ');
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** Parameters (`$month`) of a text, with their places. */
export function parametersIn(text: string): { name: string; from: number; to: number }[] {
  const found: { name: string; from: number; to: number }[] = [];
  for (let index = 0; index < text.length; ) {
    const { after, kind } = skip(text, index);
    const name = kind === 'plain' && text[index] === '$' ? /^\$([\p{L}_][\p{L}\p{N}_]*)/u.exec(text.slice(index, index + 200))?.[1] : undefined;
    if (name) {
      found.push({ name, from: index, to: index + 1 + name.length });
    }
    index = name ? index + 1 + name.length : after;
  }
  return found;
}

/** Their names, each once, in order. */
export const parametersOf = (text: string): string[] => [...new Set(parametersIn(text).map(each => each.name))];

/** A value as a person writes it: JSON where it is JSON, else a text. The command line reads `--param` in the same way. */
export function parameterValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a person would write for a value: {@link parameterValue} reads it as that again. */
export const writtenValue = (value: unknown): string =>
  typeof value === 'string' && parameterValue(value) === value ? value : JSON.stringify(value);

/** Python counts characters, JavaScript halves of some: how many of the former are before an offset. */
export const pointsBefore = (text: string, offset: number): number => [...text.slice(0, offset)].length;

/** The offset of a character that Python counts. */
export function offsetOf(text: string, points: number): number {
  let offset = 0;
  for (const character of text) {
    if (points-- <= 0) {
      break;
    }
    offset += character.length;
  }
  return offset;
}

/** The offset of a line and column, both from 1 and counted as Python does; null where there is no such place. */
export function offsetAt(text: string, line: unknown, column: unknown): number | null {
  if (typeof line !== 'number' || line < 1) {
    return null;
  }
  const lines = text.split('\n');
  if (line > lines.length) {
    return null;
  }
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return before + offsetOf(lines[line - 1]!, typeof column === 'number' ? column - 1 : 0);
}

const NAME = /(?:[\p{L}\p{N}_]+|"[^"]*")(?:\.(?:[\p{L}\p{N}_]+|"[^"]*"))*|./uy;

/** The whole name (`bronze.fligts`, `"a b"`) at an offset, else the character. */
export function nameAt(text: string, offset: number): string {
  NAME.lastIndex = offset;
  return NAME.exec(text)?.[0] ?? '';
}
