import { type RunEvent, type Staged } from './records.js';
import { type FileVerbArgs, type FileVerbName, type VerbArgs, type VerbName, type VerbResult } from './verbs.js';

export type * from './verbs.js';

export interface StageOptions {
  /** Called with the part that has been sent, from 0 to 1. */
  onProgress?: (part: number) => void;
  signal?: AbortSignal;
}

/** Tabs of a dataset's page; `view` where the name is known to be a view's, whose page has none. */
export type DatasetTab = 'overview' | 'columns' | 'quality' | 'history' | 'sample' | 'usage' | 'lineage' | 'view';

/** Something to show outside the panel. */
export type Place =
  | { kind: 'catalog'; name?: string }
  /** A dataset's page; `part` is something in the tab to go to, such as the rows set aside. */
  | { kind: 'dataset'; name: string; tab?: DatasetTab; part?: string }
  /** What is being taken in, to be looked at before it is written. */
  | { kind: 'import' }
  | { kind: 'sample'; name: string }
  /** A place for statements; `sql` is put there with the values of its parameters, and run at once with `run`. */
  | { kind: 'sql'; sql?: string; params?: Record<string, unknown>; run?: boolean }
  /** Pipelines and runs; with a name, that pipeline with its steps. */
  | { kind: 'runs'; pipeline?: string }
  /** A pipeline's page: its steps, and a run of it, the newest where none is named. */
  | { kind: 'pipeline'; name: string; run?: string }
  /** What is about all pipelines; with `add`, a form for a schedule of that pipeline or notebook. */
  | { kind: 'pipelines'; tab?: 'schedules' | 'queue' | 'notifications'; add?: string }
  | { kind: 'lineage'; name?: string }
  /** Who may see what; with a dataset, who sees it, or what of it looks like personal data. */
  | { kind: 'compliance'; name?: string; part?: 'personal' }
  /** A notebook; at one of its cells, with `runAbove` after the cells above it have run. */
  | { kind: 'notebook'; path: string; cell?: string | null; runAbove?: boolean }
  /** The executed notebook of a pipeline's step, to be looked at. */
  | { kind: 'executed'; runId: string; step: string };

/** The same step in both languages; the host picks the one that its active notebook speaks. */
export interface Snippet {
  python: string;
  sql: string;
}

export type Theme = 'light' | 'dark';

/** All that a panel sees of the world. */
export interface Host {
  /** Carry out a verb. Rejects with {@link WorkbenchError}. */
  call<V extends VerbName>(verb: V, args: VerbArgs<V>, signal?: AbortSignal): Promise<VerbResult<V>>;
  /** Send a file to be looked at. Rejects with {@link WorkbenchError}; with code `cancelled` after `signal` fired. */
  stage(file: File, options: StageOptions): Promise<Staged>;
  /** Hear of every event from now on; `null` means that some may have been missed. Returns the unsubscription. */
  subscribe(listener: (event: RunEvent | null) => void): () => void;
  theme(): Theme;
  onTheme(listener: (theme: Theme) => void): () => void;
  /** Whether {@link open} can show this kind of place. */
  shows(kind: Place['kind']): boolean;
  open(place: Place): Promise<void>;
  /**
   * Put code where the person works; says in a few words where it went ("Inserted into flights.ipynb"). With `run` it is carried out
   * there, where the host can.
   */
  insert(snippet: Snippet, language?: keyof Snippet, run?: boolean): Promise<string>;
  /** Make the person's folder a workspace, where the host can. */
  readonly create?: () => Promise<void>;
  /** Start the workbench's processes after a person stopped them, where the host can. */
  readonly start?: () => Promise<void>;
  /** The present name of the notebook that a kernel belongs to, where the host knows it. */
  readonly notebookOf?: (kernelId: string) => string | undefined;
  /** An address that opens a place in somebody's own browser, where the host has any. */
  readonly link?: (place: Place & { kind: 'pipeline' }) => string;
  /** Have a verb's file saved where the person keeps downloads; says under which name. Rejects with {@link WorkbenchError}. */
  readonly download?: <V extends FileVerbName>(verb: V, args: FileVerbArgs<V>, name: string) => Promise<string>;
  /** What a panel remembers over a reload. */
  readonly storage: {
    get(key: string): Promise<unknown>;
    set(key: string, value: unknown): Promise<void>;
  };
}

/** What went wrong and what to do about it, in the API's one shape. */
export class WorkbenchError extends Error {
  constructor(
    message: string,
    readonly code = 'internal',
    readonly fix: string | null = null,
    readonly details: Record<string, unknown> = {}
  ) {
    super(message);
    this.name = 'WorkbenchError';
  }

  /** From an answer's body `{"error": {...}}`; `fallback` where it holds none. */
  static fromBody(body: unknown, fallback: string): WorkbenchError {
    const error = (body as { error?: Partial<WorkbenchError> } | null)?.error;
    if (!error || typeof error.message !== 'string') {
      return new WorkbenchError(fallback, 'unavailable', 'Try again; if it stays, run `workbench doctor` in a terminal.');
    }
    return new WorkbenchError(error.message, error.code, error.fix ?? null, error.details ?? {});
  }

  static from(error: unknown): WorkbenchError {
    if (error instanceof WorkbenchError) {
      return error;
    }
    return new WorkbenchError(error instanceof Error ? error.message : String(error));
  }
}
