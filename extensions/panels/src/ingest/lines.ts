import { type Misfit, type Preview } from '../records.js';

export type Line = { kind: 'row'; number: number; values: unknown[] } | { kind: 'misfit'; misfit: Misfit };

/**
 * The first records in the order of the file: those that fit as they would be stored, the others where they stand. Those behind the
 * first rows come last.
 */
export function previewLines(preview: Preview): Line[] {
  const lines: Line[] = [];
  const waiting = [...preview.misfits].sort((a, b) => (a.record ?? Infinity) - (b.record ?? Infinity));
  let record = 1;
  for (const values of preview.sample.rows) {
    while (waiting[0] && waiting[0].record !== null && waiting[0].record <= record) {
      lines.push({ kind: 'misfit', misfit: waiting.shift()! });
      record += 1;
    }
    lines.push({ kind: 'row', number: record, values });
    record += 1;
  }
  return [...lines, ...waiting.map((misfit): Line => ({ kind: 'misfit', misfit }))];
}

/** What a column may become: first what holds all that was looked at, then the rest. */
export function typeChoices(type: string, choices: readonly string[]): { fits: string[]; others: string[] } {
  const fits = [...new Set([...choices, ...(choices.length === 0 ? [type] : [])])];
  const all = ['long', 'double', 'decimal(18, 2)', 'boolean', 'date', 'timestamp', 'timestamptz', 'string'];
  const others = all.filter(each => !fits.includes(each));
  return { fits, others: fits.includes(type) || others.includes(type) ? others : [type, ...others] };
}
