import { PathExt } from '@jupyterlab/coreutils';
import { type Contents, Drive, type ServerConnection } from '@jupyterlab/services';
import { type Host, WorkbenchError } from '@workbench/panels/host';

const NAME = 'Executed';

/** Executed notebooks of pipelines' steps, to be looked at: they lie in a hidden folder, which Jupyter's own drive refuses. */
export class ExecutedDrive extends Drive {
  // Lab wants a time, and asks again where it has changed: what was opened stays as it is.
  private readonly opened = new Date().toISOString();

  constructor(
    private readonly host: Host,
    serverSettings: ServerConnection.ISettings
  ) {
    super({ name: NAME, serverSettings });
  }

  /** Where the notebook of a step's run is opened; `step` is only what its tab is called. */
  static path(runId: string, step: string): string {
    return `${NAME}:${runId}/${step}.ipynb`;
  }

  override async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    const [runId = ''] = path.split('/');
    const content = options?.content === false ? null : await this.host.call('runs.notebook', { run_id: runId });
    return {
      name: PathExt.basename(path),
      path,
      type: 'notebook',
      format: content ? 'json' : null,
      content,
      mimetype: '',
      writable: false,
      created: this.opened,
      last_modified: this.opened
    };
  }

  override save(): Promise<Contents.IModel> {
    return Promise.reject(new WorkbenchError('An executed notebook is kept as it is.', 'forbidden', 'Save it under another name with File, Download.'));
  }

  override listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([]);
  }
}
