import {
  copyText,
  type Host,
  parseJson,
  type RunEvent,
  type Snippet,
  type StageOptions,
  type Staged,
  type Theme,
  type VerbArgs,
  type VerbName,
  type VerbResult,
  WorkbenchError
} from '@workbench/panels/rest';
import { type Wire } from './model.js';

interface Answer {
  id?: number;
  kind: 'result' | 'error' | 'more' | 'event';
  /** JSON as text: a message's own numbers would lose digits. */
  text?: string;
}

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
  more?: () => void;
}

const PIECE = 1 << 20;

/** What panels see in a notebook or dashboard: Python carries out verbs, by messages. */
export class WidgetHost implements Host {
  private readonly waiting = new Map<number, Waiting>();
  private readonly listeners = new Set<(event: RunEvent | null) => void>();
  private next = 1;

  readonly dispose: () => void;
  private kept: Record<string, unknown>;

  constructor(private readonly wire: Wire) {
    this.kept = wire.kept;
    this.dispose = wire.hear(message => this.hear(message));
  }

  readonly storage = {
    get: (key: string) => Promise.resolve(this.kept[key]),
    set: (key: string, value: unknown) => {
      this.kept = { ...this.kept, [key]: value };
      this.wire.keep(this.kept);
      return Promise.resolve();
    }
  };

  call<V extends VerbName>(verb: V, args: VerbArgs<V>, signal?: AbortSignal): Promise<VerbResult<V>> {
    return this.ask({ kind: 'call', verb, args }, signal).answer;
  }

  async stage(file: File, { onProgress, signal }: StageOptions): Promise<Staged> {
    // Piece by piece, each after the one before was written: no more than one is in memory.
    let arrived: () => void = () => undefined;
    const { id, answer } = this.ask({ kind: 'upload', file: file.name }, signal, () => arrived());
    const staged = answer as Promise<Staged>;
    const ended = staged.then(
      () => undefined,
      () => undefined
    );
    for (let offset = 0; offset < file.size || offset === 0; offset += PIECE) {
      const piece = await file.slice(offset, offset + PIECE).arrayBuffer();
      const last = offset + PIECE >= file.size;
      const written = new Promise<void>(resolve => {
        arrived = resolve;
      });
      this.wire.send({ id, kind: 'piece', last }, [piece]);
      if (!last) {
        await Promise.race([written, ended]);
      }
      if (signal?.aborted) {
        this.wire.send({ id, kind: 'cancel' });
        break;
      }
      onProgress?.(file.size ? Math.min(1, (offset + PIECE) / file.size) : 1);
    }
    return staged;
  }

  subscribe(listener: (event: RunEvent | null) => void): () => void {
    this.listeners.add(listener);
    if (this.listeners.size === 1) {
      this.wire.send({ kind: 'subscribe' });
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        this.wire.send({ kind: 'unsubscribe' });
      }
    };
  }

  theme(): Theme {
    const said = document.body.dataset.jpThemeLight;
    const light = said ? said !== 'false' : !window.matchMedia('(prefers-color-scheme: dark)').matches;
    return light ? 'light' : 'dark';
  }

  onTheme(listener: (theme: Theme) => void): () => void {
    const watcher = new MutationObserver(() => listener(this.theme()));
    watcher.observe(document.body, { attributes: true, attributeFilter: ['data-jp-theme-light'] });
    return () => watcher.disconnect();
  }

  /** A notebook's cell has no other places. */
  shows(): boolean {
    return false;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  async insert(snippet: Snippet, language: keyof Snippet = 'python'): Promise<string> {
    if (!(await copyText(snippet[language]))) {
      throw new WorkbenchError('The browser did not allow copying.', 'unavailable', 'Write it into a cell yourself.');
    }
    return 'Copied: paste it into a cell.';
  }

  private ask(message: object, signal?: AbortSignal, more?: () => void): { id: number; answer: Promise<never> } {
    const id = this.next++;
    const answer = new Promise<never>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, more });
      signal?.addEventListener('abort', () => {
        this.waiting.delete(id);
        reject(new WorkbenchError('Stopped.', 'cancelled'));
      });
      this.wire.send({ ...message, id });
    });
    return { id, answer };
  }

  private hear(answer: Answer): void {
    if (answer.kind === 'event') {
      const event = answer.text ? (parseJson(answer.text) as RunEvent) : null;
      this.listeners.forEach(listener => listener(event));
      return;
    }
    const waiting = this.waiting.get(answer.id ?? 0);
    if (!waiting) {
      return;
    }
    if (answer.kind === 'more') {
      waiting.more?.();
      return;
    }
    this.waiting.delete(answer.id ?? 0);
    const body = parseJson(answer.text ?? 'null');
    if (answer.kind === 'result') {
      waiting.resolve(body as never);
    } else {
      waiting.reject(WorkbenchError.fromBody(body, 'The kernel did not answer.'));
    }
  }
}
