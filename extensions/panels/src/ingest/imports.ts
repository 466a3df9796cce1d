import { type Host, WorkbenchError } from '../host.js';
import { type LoadOptions, type Progress, type Reading, type Run, type RunEvent } from '../records.js';
import { type Draft, EMPTY_DRAFT, isUntouched, loadOptionsOf, optionsOf, withReading } from './draft.js';
import { bookOf, type Item, needsReader, sheetLabel, stateOf } from './item.js';
import { isUnknown, type Kept, keptOf } from './kept.js';

export interface State {
  items: readonly Item[];
  /** The one that is looked at. */
  current: number | null;
}

const SLOT = 'imports';
/** How long a person's typing must rest before it is looked at again. */
const REST = 250;
/** Events tell how far a load is; this is for those that got lost. */
const POLL = 3000;

/** All that is being taken in. It outlives the pages that show it, and what was typed outlives a reload. */
export class Imports {
  private state: State = { items: [], current: null };
  private readonly listeners = new Set<() => void>();
  private readonly files = new Map<number, File>();
  private readonly aborters = new Map<number, AbortController>();
  /** What came back after a reload and has not been found here yet. */
  private readonly restored = new Set<number>();
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();
  private line: Promise<unknown> = Promise.resolve();
  private next = 1;
  private keptText = '[]';
  private unsubscribe: (() => void) | null = null;
  private poll: ReturnType<typeof setInterval> | undefined;
  /** Once what was kept has been read. */
  readonly ready: Promise<void>;

  constructor(private readonly host: Host) {
    this.ready = this.restore();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): State => this.state;

  /** Send files, one after another, and look at each. */
  add(files: readonly File[]): void {
    const added = files.map(file => {
      const item = this.made(file.name, file.size, null);
      this.files.set(item.id, file);
      return item;
    });
    this.put([...this.state.items.filter(needsReader), ...added], added[0]?.id);
    for (const item of added) {
      this.line = this.line.then(() => this.send(item.id));
    }
  }

  /** Look at what is elsewhere: a path, an address, a connection's table. */
  addSource(source: string): void {
    const item = this.made(source, null, source);
    this.put([...this.state.items.filter(needsReader), item], item.id);
    void this.look(item.id);
  }

  /** Look at other sheets of a workbook, each as one more source. The file is sent once: it stays where it is after a load. */
  addSheets(id: number, sheets: readonly string[]): void {
    const item = this.item(id)!;
    const added = sheets.map((sheet): Item => {
      const made = this.made(sheetLabel(item, sheet), item.bytes, bookOf(item));
      return { ...made, draft: { reading: { sheet }, columns: {} } };
    });
    this.put([...this.state.items, ...added]);
    // A sheet that was chosen is remembered for the workbook: from here on each says which it is.
    if (!item.report) {
      this.change(id, { ...item.draft, reading: { ...item.draft.reading, sheet: item.preview?.reading.sheet } });
    }
    added.forEach(each => void this.look(each.id));
  }

  /** Look at the files of an archive, each as one more source, in place of the archive. */
  addInside(id: number, names: readonly string[]): void {
    const item = this.item(id)!;
    const encoded = /^https?:/i.test(item.source!) ? encodeURIComponent : (name: string) => name;
    const added = names.map(name => this.made(`${item.label}#${name}`, null, `${item.source}#${encoded(name)}`));
    this.put(
      this.state.items.flatMap(each => (each.id === id ? added : [each])),
      added[0]?.id
    );
    added.forEach(each => void this.look(each.id));
  }

  /** Look again, at a file of a format that its name does not say. */
  readAs(id: number, format: Reading['format']): Promise<void> {
    this.set(id, { draft: withReading(this.item(id)!.draft, { format }) });
    return this.again(id);
  }

  /** Look again, at files of different tables as one. */
  together(id: number): Promise<void> {
    this.set(id, { draft: { ...this.item(id)!.draft, force: true } });
    return this.again(id);
  }

  select(id: number | null): void {
    this.put(this.state.items, id);
  }

  /** Take over what a person said, and look again soon. */
  change(id: number, draft: Draft, again = true): void {
    // A sheet that is chosen takes the place of the one that the source names.
    const item = this.item(id);
    this.set(id, item && draft.reading.sheet !== undefined ? { draft, source: bookOf(item) } : { draft });
    if (again) {
      clearTimeout(this.timers.get(id));
      this.timers.set(id, setTimeout(() => void this.look(id), REST));
    }
  }

  /** Look at the source as it is to be read now. Only the newest answer counts. */
  async look(id: number): Promise<void> {
    const item = this.item(id);
    if (!item?.source) {
      return;
    }
    clearTimeout(this.timers.get(id));
    this.aborters.get(id)?.abort();
    const aborter = new AbortController();
    this.aborters.set(id, aborter);
    this.set(id, { looking: true });
    const options = optionsOf(item.draft, item.base, item.preview);
    try {
      const preview = await this.host.call('ingest.preview', { source: item.source, options }, aborter.signal);
      if (!aborter.signal.aborted) {
        // Of one that somebody corrects the base stays: what they said is laid over it.
        const base = preview.remembered ? preview.reading : options.reading ? item.base : null;
        this.restored.delete(id);
        this.set(id, { preview, base, looking: false, error: undefined });
      }
    } catch (problem) {
      if (!aborter.signal.aborted) {
        this.trouble(id, WorkbenchError.from(problem), { looking: false });
      }
    }
  }

  /** Take it in; with `anyway` past what holds it back. */
  async start(id: number, anyway = false): Promise<void> {
    if (this.item(id)?.run && !this.item(id)?.preview) {
      await this.look(id); // after a reload: what is to be done with it, its dataset tells
    }
    const item = this.item(id);
    if (!item?.source || !item.preview || item.starting || (item.run && stateOf(item) === 'running')) {
      return;
    }
    clearTimeout(this.timers.get(id));
    this.aborters.get(id)?.abort();
    this.set(id, { starting: true, looking: false, error: undefined, run: undefined, report: undefined });
    const asked = { source: item.source, options: { ...loadOptionsOf(item.draft, item.base, item.preview), ...(anyway && { force: true }) } };
    try {
      if (!(await this.hasWorker())) {
        await this.load(id, asked);
        return;
      }
      const run = await this.host.call('ingest.start', asked);
      this.set(id, { starting: false, run: { id: run.id, status: run.status, progress: null } });
      this.follow();
      await this.settle(run);
    } catch (problem) {
      this.set(id, { starting: false, error: WorkbenchError.from(problem) });
    }
  }

  /** Whether somebody would carry out a queued load: a notebook's or a dashboard's workspace may have nobody. */
  private async hasWorker(): Promise<boolean> {
    const { processes } = await this.host.call('system.status', {});
    return processes.worker?.status === 'running';
  }

  private async load(id: number, asked: { source: string; options: LoadOptions }): Promise<void> {
    this.set(id, { waited: null });
    this.follow();
    try {
      const report = await this.host.call('ingest.load', asked);
      this.set(id, { starting: false, waited: undefined, report });
    } catch (problem) {
      this.set(id, { starting: false, waited: undefined, error: WorkbenchError.from(problem) });
    }
    this.follow();
  }

  /** Stop the load, or the sending; what was typed stays. */
  async cancel(id: number): Promise<void> {
    const item = this.item(id);
    if (item?.run && stateOf(item) === 'running') {
      try {
        await this.settle(await this.host.call('runs.cancel', { run_id: item.run.id }));
      } catch (problem) {
        this.set(id, { error: WorkbenchError.from(problem) });
      }
    } else if (item && item.source === null) {
      this.remove(id);
    }
  }

  /** Back from a load that failed or was stopped to what was understood. */
  revise(id: number): void {
    this.set(id, { run: undefined, report: undefined, error: undefined });
    void (this.item(id)?.preview ? undefined : this.again(id));
  }

  /** Send or look once more after an error. */
  again(id: number): Promise<void> {
    const item = this.item(id);
    this.set(id, { error: undefined });
    return item?.source ? this.look(id) : this.send(id);
  }

  remove(id: number): void {
    this.aborters.get(id)?.abort();
    clearTimeout(this.timers.get(id));
    const items = this.state.items.filter(item => item.id !== id);
    const index = this.state.items.findIndex(item => item.id === id);
    const current = this.state.current === id ? (items[Math.min(index, items.length - 1)]?.id ?? null) : this.state.current;
    this.put(items, current);
  }

  /** Take back that it was dismissed, with what was typed. */
  bringBack(item: Item): void {
    this.put([...this.state.items, { ...item, looking: false }], item.id);
    void this.look(item.id);
  }

  private made(label: string, bytes: number | null, source: string | null): Item {
    return { id: this.next++, label, bytes, source, sent: 0, draft: EMPTY_DRAFT, base: null, looking: false, starting: false };
  }

  private item(id: number): Item | undefined {
    return this.state.items.find(item => item.id === id);
  }

  private set(id: number, part: Partial<Item>): void {
    this.put(this.state.items.map(item => (item.id === id ? { ...item, ...part } : item)));
  }

  /** What came back and this workspace does not know goes without a word, unless something was typed that would be lost. */
  private trouble(id: number, error: WorkbenchError, part: Partial<Item>): void {
    const item = this.item(id);
    if (item && this.restored.has(id) && isUnknown(error) && (item.run || isUntouched(item.draft))) {
      this.remove(id);
    } else {
      this.set(id, { ...part, error });
    }
  }

  private put(items: readonly Item[], current: number | null = this.state.current): void {
    this.state = { items, current };
    const known = new Set(items.map(item => item.id));
    [...this.files.keys()].filter(id => !known.has(id)).forEach(id => this.files.delete(id));
    const kept = keptOf(items);
    const text = JSON.stringify(kept);
    if (text !== this.keptText) {
      this.keptText = text;
      void this.host.storage.set(SLOT, kept);
    }
    this.listeners.forEach(listener => listener());
  }

  private async send(id: number): Promise<void> {
    const file = this.files.get(id);
    if (!file || !this.item(id)) {
      return;
    }
    const aborter = new AbortController();
    this.aborters.set(id, aborter);
    try {
      const staged = await this.host.stage(file, { signal: aborter.signal, onProgress: sent => this.set(id, { sent }) });
      this.set(id, { source: staged.source, bytes: staged.bytes, sent: 1 });
    } catch (problem) {
      this.set(id, { error: WorkbenchError.from(problem) });
      return;
    }
    // The next file need not wait until this one has been looked at.
    void this.look(id);
  }

  private async restore(): Promise<void> {
    const kept = (await this.host.storage.get(SLOT).catch(() => undefined)) as Kept[] | undefined;
    if (!Array.isArray(kept) || kept.length === 0) {
      return;
    }
    const items = kept.map(({ run, ...rest }): Item => {
      const item = { ...this.made(rest.label, rest.bytes, rest.source), ...rest };
      return run ? { ...item, run: { id: run, status: 'running', progress: null } } : item;
    });
    items.forEach(item => this.restored.add(item.id));
    this.put([...items, ...this.state.items], this.state.current ?? items[0]!.id);
    items.filter(item => !item.run).forEach(item => void this.look(item.id));
    this.follow();
    await this.refresh();
  }

  /** Hear of the loads that are under way, for as long as there are some. */
  private follow(): void {
    const some = this.state.items.some(item => (item.run ?? item.waited !== undefined) && stateOf(item) === 'running');
    if (some && !this.unsubscribe) {
      this.unsubscribe = this.host.subscribe(event => (event ? this.hear(event) : void this.refresh()));
      this.poll = setInterval(() => void this.refresh(), POLL);
    } else if (!some && this.unsubscribe) {
      this.unsubscribe();
      this.unsubscribe = null;
      clearInterval(this.poll);
    }
  }

  /** Somebody answers again; what could not be asked for before can be asked for anew. */
  private found(id: number): void {
    if (this.item(id)?.lost) {
      this.set(id, { lost: undefined, error: undefined });
    }
  }

  private hear(event: RunEvent): void {
    const item = this.state.items.find(each => each.run?.id === event.run_id);
    if (!item?.run) {
      const waited = this.state.items.filter(each => each.waited !== undefined);
      // Its run is not known before it ends; with one load alone there is no doubt whose progress it is.
      if (event.type === 'run.progress' && waited.length === 1) {
        this.set(waited[0]!.id, { waited: event.body as unknown as Progress });
      }
      return;
    }
    if (event.type === 'run.progress') {
      this.set(item.id, { run: { ...item.run, status: 'running', progress: event.body as unknown as Progress } });
    } else if (event.type === 'run.succeeded' || event.type === 'run.failed' || event.type === 'run.cancelled') {
      void this.refresh();
    }
  }

  private async refresh(): Promise<void> {
    for (const item of this.state.items.filter(each => each.run && stateOf(each) === 'running')) {
      try {
        const run = await this.host.call('runs.get', { run_id: item.run!.id });
        this.found(item.id);
        await this.settle(run);
        this.restored.delete(item.id);
      } catch (problem) {
        const error = WorkbenchError.from(problem);
        if (isUnknown(error)) {
          this.trouble(item.id, error, { run: undefined });
        } else {
          this.set(item.id, { lost: error });
        }
      }
    }
    this.follow();
  }

  /** What a run says of itself, and its report where it is over. */
  private async settle(run: Run): Promise<void> {
    const item = this.state.items.find(each => each.run?.id === run.id);
    if (!item?.run || item.report) {
      return;
    }
    if (run.status === 'succeeded') {
      const report = await this.host.call('ingest.report', { run_id: run.id });
      this.set(item.id, { report, run: { ...item.run, status: run.status } });
    } else if (run.status !== item.run.status) {
      const said = run.error && new WorkbenchError(run.error.message, run.error.code, run.error.fix);
      this.set(item.id, { run: { ...item.run, status: run.status }, error: run.status === 'failed' ? (said ?? undefined) : undefined });
    }
    this.follow();
  }
}

const known = new WeakMap<Host['storage'], Imports>();

/** The one of a host; what stands in for a host within a panel shares it. */
export function importsOf(host: Host): Imports {
  let found = known.get(host.storage);
  if (!found) {
    found = new Imports(host);
    known.set(host.storage, found);
  }
  return found;
}
