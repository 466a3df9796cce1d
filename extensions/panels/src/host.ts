import {
  type Dataset,
  type DatasetSummary,
  type Direction,
  type IngestReport,
  type LineageGraph,
  type Pipeline,
  type PipelineRun,
  type Run,
  type RunEvent,
  type RunStatus,
  type SearchHit,
  type Snapshot,
  type Status,
  type TableData
} from './records.js';

/** The verbs that panels use, with their arguments and results; routes are in `verbs.json`. */
export interface Verbs {
  'catalog.list': [args: { zone?: string }, result: DatasetSummary[]];
  'catalog.search': [args: { query: string; limit?: number }, result: SearchHit[]];
  'catalog.get': [args: { name: string }, result: Dataset];
  'catalog.describe': [args: { name: string; description?: string; owner?: string }, result: Dataset];
  'datasets.sample': [args: { name: string; limit?: number }, result: TableData];
  'datasets.snapshots': [args: { name: string }, result: Snapshot[]];
  'runs.list': [args: { kind?: string; status?: RunStatus; job?: string; limit?: number }, result: Run[]];
  'runs.get': [args: { run_id: string }, result: Run];
  'runs.notebook': [args: { run_id: string }, result: Record<string, unknown>];
  'runs.cancel': [args: { run_id: string }, result: Run];
  'lineage.graph': [args: { name: string; direction?: Direction; depth?: number }, result: LineageGraph];
  'pipelines.list': [args: Record<string, never>, result: Pipeline[]];
  'pipelines.run': [args: { name: string; params?: Record<string, unknown>; wait?: boolean }, result: PipelineRun];
  'pipelines.status': [args: { name: string; run_id: string }, result: PipelineRun];
  'system.status': [args: Record<string, never>, result: Status];
}
export type VerbName = keyof Verbs;
export type VerbArgs<V extends VerbName> = Verbs[V][0];
export type VerbResult<V extends VerbName> = Verbs[V][1];

export interface UploadOptions {
  zone: string;
  mode: 'create' | 'append' | 'overwrite';
  name?: string;
  /** Called with the part that has been sent, from 0 to 1. */
  onProgress?: (part: number) => void;
  signal?: AbortSignal;
}

/** Something to show outside the panel. */
export type Place =
  | { kind: 'catalog'; name?: string }
  | { kind: 'sample'; name: string }
  | { kind: 'lineage'; name?: string }
  | { kind: 'notebook'; path: string; cell?: string | null }
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
  /** Take a file into a table. Rejects with {@link WorkbenchError}; with code `cancelled` after `signal` fired. */
  upload(file: File, options: UploadOptions): Promise<IngestReport>;
  /** Hear of every event from now on; `null` means that some may have been missed. Returns the unsubscription. */
  subscribe(listener: (event: RunEvent | null) => void): () => void;
  theme(): Theme;
  onTheme(listener: (theme: Theme) => void): () => void;
  /** Whether {@link open} can show this kind of place. */
  shows(kind: Place['kind']): boolean;
  open(place: Place): Promise<void>;
  /** Put code where the person works; says in a few words where it went ("Inserted into flights.ipynb"). */
  insert(snippet: Snippet, language?: keyof Snippet): Promise<string>;
  /** Make the person's folder a workspace, where the host can. */
  readonly create?: () => Promise<void>;
  /** Start the workbench's processes after a person stopped them, where the host can. */
  readonly start?: () => Promise<void>;
  /** The present name of the notebook that a kernel belongs to, where the host knows it. */
  readonly notebookOf?: (kernelId: string) => string | undefined;
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
