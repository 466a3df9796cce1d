/** A small part of Markdown, read into plain records: what a description needs. HTML stays text. */

export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'strong' | 'em'; inside: Inline[] }
  | { kind: 'link'; href: string; inside: Inline[] };

export type Block =
  | { kind: 'heading'; level: number; inside: Inline[] }
  | { kind: 'paragraph' | 'quote'; inside: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'code'; text: string }
  | { kind: 'rule' };

const INLINE =
  /`([^`]+)`|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*?)\*|(?<![\w])_([^_\s][^_]*?)_(?![\w])|\[([^\]]+)\]\(([^)\s]+)\)|(https?:\/\/[^\s<>()]+[^\s<>().,;:!?])/;
// Anything else (`javascript:`, `data:`) would run in the person's page.
const SAFE_LINK = /^(https?:|mailto:)/i;

export function inline(text: string): Inline[] {
  const found = INLINE.exec(text);
  if (!found) {
    return text ? [{ kind: 'text', text }] : [];
  }
  const [whole, code, strong, strong2, em, em2, words, href, bare] = found;
  const before: Inline[] = found.index > 0 ? [{ kind: 'text', text: text.slice(0, found.index) }] : [];
  const rest = inline(text.slice(found.index + whole.length));
  return [...before, part(whole, { code, strong: strong ?? strong2, em: em ?? em2, words, href, bare }), ...rest];
}

function part(whole: string, found: Record<'code' | 'strong' | 'em' | 'words' | 'href' | 'bare', string | undefined>): Inline {
  if (found.code !== undefined) {
    return { kind: 'code', text: found.code };
  }
  if (found.strong !== undefined) {
    return { kind: 'strong', inside: inline(found.strong) };
  }
  if (found.em !== undefined) {
    return { kind: 'em', inside: inline(found.em) };
  }
  if (found.bare !== undefined) {
    return { kind: 'link', href: found.bare, inside: [{ kind: 'text', text: found.bare }] };
  }
  return SAFE_LINK.test(found.href ?? '')
    ? { kind: 'link', href: found.href!, inside: inline(found.words ?? '') }
    : { kind: 'text', text: whole };
}

const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;

/** The blocks of `text`. Lines of a paragraph stay together; an empty line ends it. */
export function blocks(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const out: Block[] = [];
  let at = 0;
  const take = (fits: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && fits(lines[at]!)) {
      at += 1;
    }
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (!line.trim()) {
      at += 1;
    } else if (/^\s*(```|~~~)/.test(line)) {
      at += 1;
      const inside = take(each => !/^\s*(```|~~~)/.test(each));
      at += 1;
      out.push({ kind: 'code', text: inside.join('\n') });
    } else if (heading) {
      at += 1;
      out.push({ kind: 'heading', level: heading[1]!.length, inside: inline(heading[2]!) });
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      at += 1;
      out.push({ kind: 'rule' });
    } else if (ITEM.test(line)) {
      out.push(list(take(each => ITEM.test(each) || /^\s{2,}\S/.test(each))));
    } else if (/^\s*>/.test(line)) {
      const inside = take(each => /^\s*>/.test(each)).map(each => each.replace(/^\s*>\s?/, ''));
      out.push({ kind: 'quote', inside: inline(inside.join(' ')) });
    } else {
      const inside = take(each => each.trim() !== '' && !/^(#{1,6}\s|\s*(```|~~~)|\s*>)/.test(each) && !ITEM.test(each));
      out.push({ kind: 'paragraph', inside: inline(inside.join(' ').trim()) });
    }
  }
  return out;
}

function list(lines: string[]): Block {
  const items: string[] = [];
  for (const line of lines) {
    const found = ITEM.exec(line);
    if (found) {
      items.push(found[2]!);
    } else {
      items.push(`${items.pop() ?? ''} ${line.trim()}`);
    }
  }
  return { kind: 'list', ordered: ITEM.exec(lines[0]!)?.[1] !== undefined, items: items.map(inline) };
}
