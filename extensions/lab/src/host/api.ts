import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import {
  type FileVerbArgs,
  type FileVerbName,
  parseJson,
  type StageOptions,
  type Staged,
  type VerbArgs,
  type VerbName,
  type VerbResult,
  WorkbenchError
} from '@workbench/panels/rest';
import verbs from '@workbench/panels/verbs.json';

const ROUTES: Record<string, string[]> = verbs;
/** Bytes that may be sent as the page goes: browsers let 64 KiB outlive it. */
const OUTLIVES = 60_000;

/** The REST API behind JupyterLab's own address, with its token and XSRF. */
export class Api {
  private leaving = false;

  constructor(readonly settings: ServerConnection.ISettings) {
    window.addEventListener('pagehide', () => (this.leaving = true));
    window.addEventListener('pageshow', () => (this.leaving = false));
  }

  url(path: string): string {
    return URLExt.join(this.settings.baseUrl, 'workbench/api', path);
  }

  async call<V extends VerbName>(verb: V, args: VerbArgs<V>, signal?: AbortSignal): Promise<VerbResult<V>> {
    const response = await this.request(verb, args as Record<string, unknown>, signal);
    const body = await readJson(response);
    if (!response.ok) {
      throw refusal(response, body);
    }
    return body as VerbResult<V>;
  }

  /** The file that a verb answers. */
  async file<V extends FileVerbName>(verb: V, args: FileVerbArgs<V>): Promise<Blob> {
    const response = await this.request(verb, args as object as Record<string, unknown>);
    if (!response.ok) {
      throw refusal(response, await readJson(response));
    }
    return response.blob();
  }

  private async request(verb: string, args: Record<string, unknown>, signal?: AbortSignal): Promise<Response> {
    const [method, path, rest] = route(verb, args);
    const query = method === 'GET' || method === 'DELETE' ? queryOf(rest) : '';
    // With Lab's own `no-store` the time would be put into the query, which the API takes for an unknown argument.
    const init: RequestInit = { method, signal, cache: 'no-cache' };
    if (method !== 'GET' && method !== 'DELETE') {
      const body = JSON.stringify(rest);
      init.body = body;
      init.keepalive = this.leaving && new Blob([body]).size <= OUTLIVES;
      init.headers = { 'Content-Type': 'application/json' };
    }
    try {
      return await ServerConnection.makeRequest(this.url(path) + query, init, this.settings);
    } catch (error) {
      if (signal?.aborted) {
        throw new WorkbenchError('Stopped.', 'cancelled');
      }
      throw unreachable(error);
    }
  }

  /** Have the server make its folder a workspace (`init`), or start the processes that were stopped (`start`). */
  async ask(what: 'init' | 'start'): Promise<void> {
    const url = URLExt.join(this.settings.baseUrl, 'workbench', what);
    const response = await ServerConnection.makeRequest(url, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } }, this.settings);
    if (!response.ok) {
      throw WorkbenchError.fromBody(await readJson(response), `The server answered ${response.status}.`);
    }
  }

  /** Send a file to be looked at; `XMLHttpRequest`, as `fetch` tells no progress. */
  stage(file: File, { onProgress, signal }: StageOptions): Promise<Staged> {
    const form = new FormData();
    form.append('file', file, file.name);
    const request = new XMLHttpRequest();
    return new Promise((resolve, reject) => {
      request.open('POST', this.url('/ingest/uploads'));
      if (this.settings.token) {
        request.setRequestHeader('Authorization', `token ${this.settings.token}`);
      }
      const xsrf = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1];
      if (xsrf) {
        request.setRequestHeader('X-XSRFToken', decodeURIComponent(xsrf));
      }
      request.upload.onprogress = event => event.lengthComputable && onProgress?.(event.loaded / event.total);
      request.upload.onload = () => onProgress?.(1);
      request.onerror = () => reject(unreachable(null));
      request.onabort = () => reject(new WorkbenchError('Stopped.', 'cancelled'));
      request.onload = () => {
        const body = parseOrNull(request.responseText);
        if (request.status >= 200 && request.status < 300) {
          resolve(body as Staged);
        } else {
          reject(WorkbenchError.fromBody(body, `The workbench answered ${request.status}.`));
        }
      };
      signal?.addEventListener('abort', () => request.abort());
      request.send(form);
    });
  }
}

function route(verb: string, args: Record<string, unknown>): [method: string, path: string, rest: Record<string, unknown>] {
  const [method = 'GET', template = ''] = ROUTES[verb] ?? [];
  const inPath = new Set<string>();
  const path = template.replace(/\{(\w+)\}/g, (_, key: string) => {
    inPath.add(key);
    return encodeURIComponent(String(args[key]));
  });
  const rest = Object.fromEntries(Object.entries(args).filter(([key]) => !inPath.has(key)));
  return [method, path, rest];
}

function queryOf(args: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(args)) {
    if (value !== undefined && value !== null) {
      query.append(key, String(value));
    }
  }
  const text = query.toString();
  return text && `?${text}`;
}

const refusal = (response: Response, body: unknown): WorkbenchError =>
  WorkbenchError.fromBody(body, `The workbench answered ${response.status} ${response.statusText}.`);

function unreachable(error: unknown): WorkbenchError {
  return new WorkbenchError(
    'JupyterLab\'s server does not answer.',
    'unavailable',
    'Look whether it still runs and the network is up, then try again.',
    { cause: String(error) }
  );
}

function parseOrNull(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

const readJson = async (response: Response): Promise<unknown> => parseOrNull(await response.text());
