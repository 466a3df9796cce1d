import { type WorkbenchError } from '../host.js';
import { type IngestReport, type Preview, type Progress, type Reading, type RunStatus } from '../records.js';
import { type Draft } from './draft.js';

export interface Going {
  id: string;
  status: RunStatus;
  progress: Progress | null;
}

/** One source on its way into the lake, from the moment it was named until it is dismissed. */
export interface Item {
  id: number;
  /** What a person calls it: the file's name, the address. */
  label: string;
  bytes: number | null;
  /** What the server calls it; null while it is sent. */
  source: string | null;
  /** The part sent, 0 to 1. */
  sent: number;
  draft: Draft;
  /** What was remembered of this source. */
  base: Reading | null;
  preview?: Preview;
  looking: boolean;
  starting: boolean;
  error?: WorkbenchError;
  run?: Going;
  /** How far a load is that is waited for: there is no worker that would carry it out. */
  waited?: Progress | null;
  /** Why it is not known how far the load is: nobody answers. */
  lost?: WorkbenchError;
  report?: IngestReport;
}

export type ItemState = 'sending' | 'looking' | 'ready' | 'running' | 'done' | 'failed';

export function stateOf(item: Item): ItemState {
  if (item.report) {
    return 'done';
  }
  if (item.run || item.starting) {
    return item.run && (item.run.status === 'failed' || item.run.status === 'cancelled') ? 'failed' : 'running';
  }
  if (item.preview) {
    return 'ready';
  }
  return item.error ? 'failed' : item.source === null ? 'sending' : 'looking';
}

/** Whether there is something that a person should read or do; a load without anything to say goes by itself. */
export const needsReader = (item: Item): boolean => !item.report || item.report.warnings.length > 0 || item.report.rejected > 0;

/** What a sheet of a workbook is called beside the others. */
export const sheetLabel = (item: Pick<Item, 'label'>, sheet: string): string => `${item.label.split('#')[0]}#${sheet}`;

/** The workbook of a source that names a sheet behind a `#`; any other source as it is. */
export function bookOf({ source, preview }: Item): string | null {
  const sheet = preview?.reading.sheet;
  const marks = source && sheet ? [...source.matchAll(/#/g)].map(found => found.index) : [];
  const mark = marks.find(each => [source!.slice(each + 1), decoded(source!.slice(each + 1))].includes(sheet!));
  return mark === undefined ? source : source!.slice(0, mark);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Sheets of its workbook that nobody looks at yet. */
export function sheetsBeside({ preview, draft, ...item }: Item, items: readonly Item[]): string[] {
  const labels = new Set(items.map(each => each.label));
  const taken = [preview?.reading.sheet, draft.reading.sheet];
  return (preview?.sheets ?? []).filter(sheet => !taken.includes(sheet) && !labels.has(sheetLabel(item, sheet)));
}

/** The warnings, without the one of other sheets where these are offered to be looked at. */
export const warningsBeside = (warnings: readonly string[], offered: boolean): readonly string[] =>
  offered ? warnings.filter(warning => !warning.startsWith('Only the sheet ')) : warnings;
