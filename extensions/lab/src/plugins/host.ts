import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IThemeManager } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';
import { type Host } from '@workbench/panels/host';
import { LabHost } from '../host/LabHost';
import { IWorkbenchHost } from '../tokens';

/** Provides the host that all panels share. */
export const hostPlugin: JupyterFrontEndPlugin<Host> = {
  id: 'workbench:host',
  description: 'What Workbench panels see of JupyterLab and of the workspace.',
  autoStart: true,
  provides: IWorkbenchHost,
  optional: [INotebookTracker, IStateDB, IThemeManager],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    state: IStateDB | null,
    themes: IThemeManager | null
  ): Host => new LabHost({ app, notebooks, state, themes })
};
