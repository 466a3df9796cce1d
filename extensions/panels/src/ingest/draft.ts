import { type ColumnReading, type LoadMode, type LoadOptions, type Preview, type Reading } from '../records.js';

/** What a person has said of one column. */
export interface ColumnDraft {
  name?: string;
  type?: string;
  take?: boolean;
}

/** What a person has said of a source; all else stays as it is found. */
export interface Draft {
  reading: Omit<Reading, 'columns'>;
  /** By the column's place. */
  columns: Readonly<Record<number, ColumnDraft>>;
  name?: string;
  zone?: string;
  mode?: LoadMode;
  keys?: string[];
  /** Of several rows with the same keys: the last one is taken, or they are refused. */
  duplicates?: 'error' | 'last';
  partition_by?: string[];
  /** Of a database: the column whose greatest value tells what is new. */
  since?: string;
  drift?: 'safe' | 'keep';
  force?: boolean;
}

export const EMPTY_DRAFT: Draft = { reading: {}, columns: {} };

/** Whether anything was said at all. */
export const isUntouched = (draft: Draft): boolean =>
  Object.keys(draft.reading).length === 0 &&
  Object.keys(draft.columns).length === 0 &&
  Object.keys(draft).every(key => key === 'reading' || key === 'columns' || draft[key as keyof Draft] === undefined);

/** `draft` with one column's part changed; a name that was emptied is as it is found again. */
export function withColumn(draft: Draft, place: number, part: ColumnDraft): Draft {
  const merged = Object.fromEntries(
    Object.entries({ ...draft.columns[place], ...part }).filter(([, value]) => value !== undefined && value !== '')
  ) as ColumnDraft;
  const others = Object.entries(draft.columns).filter(([key]) => Number(key) !== place);
  return { ...draft, columns: Object.fromEntries(Object.keys(merged).length > 0 ? [...others, [place, merged]] : others) };
}

/** `draft` with the reading changed; null says: as it is found. */
export function withReading(draft: Draft, part: Omit<Reading, 'columns'>): Draft {
  const merged = Object.fromEntries(Object.entries({ ...draft.reading, ...part }).filter(([, value]) => value !== null && value !== undefined));
  return { ...draft, reading: merged };
}

function columnsOf(draft: Draft, base: Reading | null): ColumnReading[] {
  const known = new Map<number, ColumnReading>((base?.columns ?? []).map(column => [column.place, column]));
  for (const [key, part] of Object.entries(draft.columns)) {
    const place = Number(key);
    known.set(place, { ...known.get(place), ...part, place });
  }
  return [...known.values()].sort((a, b) => a.place - b.place);
}

/** Parts that decide which columns there are: when one was changed, what was remembered of columns holds no longer. */
const LAYOUT: (keyof Reading)[] = ['format', 'encoding', 'delimiter', 'quote', 'header', 'skip', 'sheet', 'flatten', 'rows'];

/** How the source is to be read; null: as was remembered, else as it is found. `base` is what was remembered when it was looked at. */
export function readingOf(draft: Draft, base: Reading | null): Reading | null {
  if (Object.keys(draft.reading).length === 0 && Object.keys(draft.columns).length === 0) {
    return null;
  }
  const other = LAYOUT.some(key => draft.reading[key as keyof Draft['reading']] !== undefined);
  const kept = base && other ? { ...base, columns: [] } : base;
  return { ...kept, ...draft.reading, columns: columnsOf(draft, kept) };
}

/** What a load does to a dataset that is there, until a person chooses. */
export const modeOf = (draft: Draft, preview: Preview | undefined): LoadMode => {
  if (!preview?.exists) {
    return 'create';
  }
  return draft.mode && draft.mode !== 'create' ? draft.mode : 'append';
};

/** The columns that identify a row, where rows are replaced by them. */
export const keysOf = (draft: Draft, preview: Preview | undefined): string[] => draft.keys ?? preview?.keys ?? [];

/** What is asked of the load: what was asked of the preview, and what that showed where nobody said otherwise. */
export function loadOptionsOf(draft: Draft, base: Reading | null, preview: Preview | undefined): LoadOptions {
  const options = optionsOf(draft, base, preview);
  return options.reading ? options : { ...options, as_shown: preview?.as_shown };
}

/** What is asked of the preview. */
export function optionsOf(draft: Draft, base: Reading | null, preview: Preview | undefined): LoadOptions {
  const mode = modeOf(draft, preview);
  const options: LoadOptions = { mode, reading: readingOf(draft, base) };
  if (draft.name?.trim()) {
    options.name = draft.name.trim();
  }
  if (draft.zone) {
    options.zone = draft.zone;
  }
  if (mode === 'upsert') {
    options.keys = keysOf(draft, preview);
    if (draft.duplicates) {
      options.duplicates = draft.duplicates;
    }
  }
  if (mode === 'create' && draft.partition_by?.length) {
    options.partition_by = draft.partition_by;
  }
  if (draft.since && (mode === 'append' || mode === 'upsert')) {
    options.since = draft.since;
  }
  if (draft.drift) {
    options.drift = draft.drift;
  }
  if (draft.force) {
    options.force = true;
  }
  return options;
}

/** What a person should look at before it is taken in; empty where there is nothing to doubt. */
export function doubts(preview: Preview): string[] {
  const found: string[] = [];
  if (preview.taken) {
    found.push('taken in before');
  }
  if (preview.misfit_count > 0) {
    found.push('rows that do not fit');
  }
  if (preview.exists) {
    found.push(preview.differences.length > 0 ? 'other columns than the dataset has' : 'the dataset is there already');
  } else if ((preview.resembles[0]?.score ?? 0) >= 0.9) {
    found.push(`looks like ${preview.resembles[0]!.dataset}`);
  }
  if (preview.warnings.length > 0) {
    found.push('warnings');
  }
  return found;
}

/** Whether the load would be refused as things stand: columns changed that are not safe, and nobody chose what then. */
export const isRefused = (draft: Draft, preview: Preview): boolean =>
  modeOf(draft, preview) !== 'create' && draft.drift !== 'keep' && preview.differences.some(difference => difference.kind === 'changed');
