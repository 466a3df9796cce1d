const MASKS = /^masks:[ \t]*(#.*)?$/m;
const ANY_MASKS = /^(["']?)masks\1[ \t]*:/m;

/**
 * A policy's text with one more mask rule, as YAML of its own (`masks:` and the rule): below the last of the list that is there, or as a list at
 * the end. Null where the list is written in a way that a line cannot be added to: a second `masks:` would take the first one's place unseen.
 */
export function withMask(text: string, proposed: string): string | null {
  const rule = proposed.replace(/^masks:\s*\n/, '').replace(/\n+$/, '');
  const found = MASKS.exec(text);
  if (!found) {
    return ANY_MASKS.test(text) ? null : `${text.replace(/\n*$/, '\n')}\nmasks:\n${rule}\n`;
  }
  const head = text.slice(0, found.index + found[0].length);
  const lines = text.slice(head.length + 1).split('\n');
  // The list ends where a line begins at the margin; lists may be written there, too.
  const end = lines.findIndex(line => /^[^\s#-]/.test(line));
  const list = end < 0 ? lines : lines.slice(0, end);
  const last = list.reduce((at, line, i) => (/^\s*[^\s#]/.test(line) ? i : at), -1);
  const first = list.find(line => /^\s*- /.test(line));
  const indented = first === undefined ? rule : rule.replace(/^\s*/, /^\s*/.exec(first)![0]);
  return [head, ...lines.slice(0, last + 1), indented, ...lines.slice(last + 1)].join('\n').replace(/\n*$/, '\n');
}
