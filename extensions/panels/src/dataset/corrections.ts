import { type Correction, type Misfit } from '../records.js';

/** What a person has typed, by the misfit's id and the column. */
export type Edits = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/** The columns to show: the dataset's in their order, then what else the records brought. */
export function gridColumns(dataset: readonly string[], misfits: readonly Misfit[]): string[] {
  const more = new Set(misfits.flatMap(misfit => Object.keys(misfit.row)));
  return [...dataset, ...[...more].filter(column => !dataset.includes(column))];
}

/** The text of a cell as it stands now; null: no value. */
export const cellText = (misfit: Misfit, edits: Edits, column: string): string | null => {
  const edited = edits[misfit.id]?.[column];
  return edited === undefined ? (misfit.row[column] ?? null) : edited;
};

/** Why a cell does not fit, as it stands in the file; undefined where it does. The newest reason is that of the first such cell. */
export const whyWrong = (misfit: Misfit, column: string): string | undefined =>
  misfit.column === column ? misfit.reason : misfit.wrong[column];

/** Whether a cell does not fit as it stands now: what was typed is not known before it was tried. */
export const isWrong = (misfit: Misfit, edits: Edits, column: string): boolean => {
  const typed = edits[misfit.id]?.[column];
  return typed === undefined ? whyWrong(misfit, column) !== undefined : misfit.column === column && misfit.value === typed;
};

/** `edits` with one cell changed; a cell that is again what it was is no edit. An emptied cell has no value. */
export function edited(edits: Edits, misfit: Misfit, column: string, text: string): Edits {
  const value = text === '' ? null : text;
  if (value === cellText(misfit, edits, column)) {
    return edits;
  }
  const row = Object.fromEntries([
    ...Object.entries(edits[misfit.id] ?? {}).filter(([key]) => key !== column),
    ...(value === (misfit.row[column] ?? null) ? [] : [[column, value]])
  ]) as Record<string, string | null>;
  const others = Object.entries(edits).filter(([id]) => id !== misfit.id);
  return Object.fromEntries(Object.keys(row).length > 0 ? [...others, [misfit.id, row]] : others);
}

/** What is sent for the rows that were changed: the whole row, as it would stand in the file. */
export function correctionsOf(misfits: readonly Misfit[], edits: Edits, columns: readonly string[]): Correction[] {
  return misfits
    .filter(misfit => edits[misfit.id])
    .map(misfit => ({ id: misfit.id, row: Object.fromEntries(columns.map(column => [column, cellText(misfit, edits, column)])) }));
}

/** What is left after `sent` were tried: those that still do not fit, and what was not sent. */
export function afterSaving(misfits: readonly Misfit[], sent: readonly Correction[], failed: readonly Misfit[]): Misfit[] {
  const still = new Set(failed.map(misfit => misfit.id));
  const joined = new Set(sent.map(correction => correction.id).filter(id => !still.has(id)));
  return misfits.filter(misfit => !joined.has(misfit.id));
}

/** Where and why a correction does not fit. The row stays as the file has it, so that an edit can be taken back. */
export type Refusal = Pick<Misfit, 'column' | 'value' | 'reason'>;

/** The refusals of what was tried, by the record's id. */
export const refusals = (failed: readonly Misfit[]): Record<string, Refusal> =>
  Object.fromEntries(failed.map(({ id, column, value, reason }) => [id, { column, value, reason }]));

/** Edits without those of misfits that are gone. */
export function keptEdits(edits: Edits, misfits: readonly Misfit[]): Edits {
  const known = new Set(misfits.map(misfit => misfit.id));
  return Object.fromEntries(Object.entries(edits).filter(([id]) => known.has(id)));
}
