import { exact } from '../format.js';
import { type AccessReport, type AttributeValue, type Mask, type RowSource } from '../records.js';

/** What one sees through a mask. */
export function maskInWords(mask: Mask): string {
  switch (mask.kind) {
    case 'null':
      return 'nothing';
    case 'constant':
      return `always ${String(mask.value)}`;
    case 'hash':
      return 'a code, the same for the same value';
    case 'partial':
      return partialInWords(mask.first, mask.last);
    case 'round':
      return mask.unit ? `the beginning of its ${mask.unit}` : `rounded down to ${mask.step}`;
    case 'expression':
      return mask.expression ?? '';
  }
}

function partialInWords(first: number, last: number): string {
  const characters = (n: number) => (n === 1 ? 'character' : 'characters');
  if (first > 0 && last > 0) {
    return `its first ${first} and last ${last} ${characters(Math.max(first, last))}`;
  }
  if (first > 0 || last > 0) {
    return first > 0 ? `its first ${first} ${characters(first)}` : `its last ${last} ${characters(last)}`;
  }
  return 'stars';
}

/** What is seen of a dataset, in a sentence. */
export function seenInWords(report: AccessReport): string {
  const of = (state: string) => report.columns.filter(column => column.state === state).length;
  const all = report.columns.length;
  if (!report.allowed) {
    return `${report.who} sees nothing of ${report.dataset}: to ${report.who} it is not there.`;
  }
  const shown = all - of('hidden');
  const masked = of('masked');
  const columns = shown === all ? (all === 1 ? 'the one column' : `all ${exact(all)} columns`) : `${exact(shown)} of ${exact(all)} columns`;
  const rows = report.filters.some(filter => filter.lost) ? 'no row' : report.filters.length > 0 ? 'some of the rows' : 'all rows';
  return `${report.who} sees ${columns}${masked > 0 ? ` (${exact(masked)} masked)` : ''} and ${rows}.`;
}

/** What of a source's rows came over as it was, or who has lifted its filters. */
export function madeOfInWords(of: RowSource): string {
  if (of.released_by) {
    return `released by ${of.released_by}: ${of.reason ?? ''}`;
  }
  if (of.filters.some(filter => filter.lost)) {
    return 'its filter asks for columns that did not come over as they were: whom it is for sees no row here';
  }
  return 'its filter holds here too';
}

const QUOTED_OR_NAMED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\bprincipal\s*\.\s*([A-Za-z_]\w*)/gi;
const KNOWN = new Set(['name', 'roles']);

/** The attributes that a row filter compares with, in the order it names them. */
export function attributesIn(where: string): string[] {
  const named = [...where.matchAll(QUOTED_OR_NAMED)].flatMap(found => (found[1] === undefined ? [] : [found[1].toLowerCase()]));
  return [...new Set(named)].filter(name => !KNOWN.has(name));
}

/** A list without the comma by which a form tells it from a single value. */
export const valueWords = (value: AttributeValue): string => (Array.isArray(value) ? value.join(', ') : String(value));

/** A row filter as it holds for somebody: with what her attributes are; null where one is not known, so that she sees no row at all. */
export function filterFor(where: string, attributes: Record<string, AttributeValue>): { name: string; value: string | null }[] {
  const known = new Map(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]));
  return attributesIn(where).map(name => ({ name, value: known.has(name) ? valueWords(known.get(name)!) : null }));
}

/** `regions: north, east`: a list of one ends with a comma, so that it is one still when it is read again. */
function valueText(value: AttributeValue): string {
  return Array.isArray(value) ? (value.length === 1 ? `${value[0]},` : value.join(', ')) : String(value);
}

export const attributesText = (attributes: Record<string, AttributeValue>): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join('\n');

/** What stands in a form, a line an attribute; the line that is none is named in the error. */
export function attributesOf(text: string): Record<string, AttributeValue> {
  const found: Record<string, AttributeValue> = {};
  for (const line of text.split('\n').map(each => each.trim()).filter(Boolean)) {
    const parts = /^([A-Za-z_]\w*)\s*[:=]\s*(.*)$/.exec(line);
    if (!parts) {
      throw new Error(`“${line}” is no attribute. Write a name, a colon and a value: region: north`);
    }
    const [, name, value] = parts as unknown as [string, string, string];
    found[name] = value.includes(',') ? value.split(',').map(each => each.trim()).filter(Boolean).map(scalar) : value === 'true' || value === 'false' ? value === 'true' : scalar(value);
  }
  return found;
}

/** Whole numbers as such, but not what only looks like one: 007. */
const scalar = (text: string): string | number => (/^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text);
