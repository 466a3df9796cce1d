import { type JupyterFrontEnd } from '@jupyterlab/application';
import { type IThemeManager, Notification } from '@jupyterlab/apputils';
import { PageConfig, PathExt, URLExt } from '@jupyterlab/coreutils';
import { type INotebookTracker } from '@jupyterlab/notebook';
import { type IStateDB } from '@jupyterlab/statedb';
import { type ReadonlyPartialJSONObject, type ReadonlyPartialJSONValue } from '@lumino/coreutils';
import {
  type FileVerbArgs,
  type FileVerbName,
  type Host,
  type Place,
  type RunEvent,
  saveBlob,
  type Snippet,
  type StageOptions,
  type Theme,
  type VerbArgs,
  type VerbName,
  type VerbResult,
  WorkbenchError
} from '@workbench/panels/rest';
import { ofWorkspace } from '../kept';
import { Commands, LINK } from '../tokens';
import { Api } from './api';
import { ExecutedDrive } from './ExecutedDrive';
import { insertInto, openExecuted, openNotebook } from './notebook';
import { EventStream } from './stream';

export interface LabServices {
  app: JupyterFrontEnd;
  notebooks: INotebookTracker | null;
  state: IStateDB | null;
  themes: IThemeManager | null;
}

/** What panels see in JupyterLab: REST, server-sent events, and Lab's own services where they are there. */
export class LabHost implements Host {
  private readonly api: Api;
  private readonly stream: EventStream;

  constructor(private readonly lab: LabServices) {
    this.api = new Api(lab.app.serviceManager.serverSettings);
    this.stream = new EventStream(this.api);
    lab.app.serviceManager.contents.addDrive(new ExecutedDrive(this, lab.app.serviceManager.serverSettings));
  }

  readonly storage = {
    get: (key: string): Promise<unknown> => this.lab.state?.fetch(`${ofWorkspace()}:${key}`) ?? Promise.resolve(undefined),
    set: async (key: string, value: unknown): Promise<void> => {
      await this.lab.state?.save(`${ofWorkspace()}:${key}`, value as ReadonlyPartialJSONValue);
    }
  };

  readonly create = (): Promise<void> => this.api.ask('init');
  readonly start = (): Promise<void> => this.api.ask('start');

  readonly notebookOf = (kernelId: string): string | undefined => {
    for (const session of this.lab.app.serviceManager.sessions.running()) {
      if (session.kernel?.id === kernelId) {
        return PathExt.basename(session.path);
      }
    }
    return undefined;
  };

  call<V extends VerbName>(verb: V, args: VerbArgs<V>, signal?: AbortSignal): Promise<VerbResult<V>> {
    return this.api.call(verb, args, signal);
  }

  stage(file: File, options: StageOptions) {
    return this.api.stage(file, options);
  }

  readonly download = async <V extends FileVerbName>(verb: V, args: FileVerbArgs<V>, name: string): Promise<string> => {
    saveBlob(await this.api.file(verb, args), name);
    return name;
  };

  subscribe(listener: (event: RunEvent | null) => void): () => void {
    return this.stream.subscribe(listener);
  }

  theme(): Theme {
    const { themes } = this.lab;
    const light = themes?.theme ? themes.isLight(themes.theme) : document.body.dataset.jpThemeLight !== 'false';
    return light ? 'light' : 'dark';
  }

  onTheme(listener: (theme: Theme) => void): () => void {
    const tell = () => listener(this.theme());
    this.lab.themes?.themeChanged.connect(tell);
    return () => this.lab.themes?.themeChanged.disconnect(tell);
  }

  readonly link = ({ name, run }: Place & { kind: 'pipeline' }): string => {
    const asked = new URLSearchParams({ [LINK]: name, ...(run && { run }) });
    return `${URLExt.join(PageConfig.getBaseUrl(), 'lab')}?${asked.toString()}`;
  };

  shows(): boolean {
    return true;
  }

  async open(place: Place): Promise<void> {
    const { app } = this.lab;
    try {
      if (place.kind === 'notebook') {
        await openNotebook(app, place.path, place.cell, place.runAbove);
      } else if (place.kind === 'executed') {
        await openExecuted(app, place.runId, place.step);
      } else {
        const { kind, ...args } = place;
        await app.commands.execute(Commands[kind], args as ReadonlyPartialJSONObject);
      }
    } catch (problem) {
      const error = WorkbenchError.from(problem);
      Notification.error(error.fix ? `${error.message} ${error.fix}` : error.message);
    }
  }

  insert(snippet: Snippet, language?: keyof Snippet, run = false): Promise<string> {
    return insertInto(this.lab.app, this.lab.notebooks, snippet, language, run);
  }
}
