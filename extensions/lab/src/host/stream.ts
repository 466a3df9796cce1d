import { ServerConnection } from '@jupyterlab/services';
import { parseJson, type RunEvent } from '@workbench/panels/rest';
import { type Api } from './api';
import { SseParser } from './sse';

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** The server sends a comment at least this often; after that long a silence the connection is taken for dead. */
const SILENCE = 60_000;

type Listener = (event: RunEvent | null) => void;

/** One live connection for all panels: opened with the first listener, mended when it breaks, closed with the last. */
export class EventStream {
  private readonly listeners = new Set<Listener>();
  private aborter: AbortController | null = null;
  private last: string | null = null;

  constructor(private readonly api: Api) {}

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    if (!this.aborter) {
      this.aborter = new AbortController();
      void this.run(this.aborter.signal);
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        this.aborter?.abort();
        this.aborter = null;
      }
    };
  }

  private async run(signal: AbortSignal): Promise<void> {
    let wait = FIRST_WAIT;
    while (!signal.aborted) {
      const began = Date.now();
      try {
        await this.listen(signal);
      } catch {
        // Broken or refused: the panels' own calls tell the person why; here it is only tried again.
      }
      wait = Date.now() - began > LONGEST_WAIT ? FIRST_WAIT : Math.min(LONGEST_WAIT, wait * 2);
      await pause(wait, signal);
      if (!signal.aborted) {
        this.tell(null);
      }
    }
  }

  private async listen(signal: AbortSignal): Promise<void> {
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (this.last !== null) {
      headers['Last-Event-ID'] = this.last;
    }
    const broken = new AbortController();
    const stop = () => broken.abort();
    signal.addEventListener('abort', stop);
    let timer = setTimeout(stop, SILENCE);
    try {
      const response = await ServerConnection.makeRequest(
        this.api.url('/events/stream'),
        { headers, signal: broken.signal, cache: 'no-cache' },
        this.api.settings
      );
      if (!response.ok || !response.body) {
        return;
      }
      const parser = new SseParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          return;
        }
        clearTimeout(timer);
        timer = setTimeout(stop, SILENCE);
        for (const message of parser.push(value)) {
          this.last = message.id ?? this.last;
          this.tell(parseJson(message.data) as RunEvent);
        }
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  private tell(event: RunEvent | null): void {
    for (const listener of [...this.listeners]) {
      listener(event);
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
