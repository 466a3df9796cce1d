import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { type Host, WorkbenchError } from '@workbench/panels/host';
import { backgroundIcon } from '../icons';
import { Commands, IWorkbenchHost } from '../tokens';

/** A notebook as a durable job: its outputs are there later, whatever has been closed. Its schema puts the command where notebooks are. */
export const backgroundPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:background',
  description: 'Runs a notebook in the background, on the Workbench’s durable queue.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [INotebookTracker, IDefaultFileBrowser, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    host: Host,
    notebooks: INotebookTracker | null,
    files: IDefaultFileBrowser | null,
    palette: ICommandPalette | null
  ): void => {
    /** The one whose page is in front, else those that are chosen in the file browser. */
    const paths = (toolbar: boolean): string[] => {
      const open = notebooks?.currentWidget;
      if (open && (toolbar || app.shell.currentWidget === open)) {
        return [open.context.path];
      }
      return [...(files?.selectedItems() ?? [])].filter(item => item.type === 'notebook').map(item => item.path);
    };
    const run = async (path: string): Promise<void> => {
      // What is on the screen is what runs.
      const open = notebooks?.find(panel => panel.context.path === path);
      if (open?.context.model.dirty) {
        await open.context.save();
      }
      const begun = await host.call('pipelines.run_notebook', { path: app.serviceManager.contents.localPath(path) });
      Notification.info(`${begun.run.job} runs in the background. You can close the browser: its outputs are kept.`, {
        autoClose: 5000,
        actions: [{ label: 'Show runs', callback: () => void host.open({ kind: 'runs' }) }]
      });
    };
    app.commands.addCommand(Commands.background, {
      label: args => (args.toolbar ? '' : 'Run in Background'),
      caption: 'Run this notebook in the background; its outputs are there later, also when the browser is closed',
      icon: backgroundIcon,
      describedBy: { args: { type: 'object', properties: { toolbar: { type: 'boolean' }, path: { type: 'string' } } } },
      execute: async args => {
        for (const path of typeof args.path === 'string' ? [args.path] : paths(args.toolbar === true)) {
          try {
            await run(path);
          } catch (problem) {
            const error = WorkbenchError.from(problem);
            Notification.error([error.message, error.fix].filter(Boolean).join(' '));
          }
        }
      }
    });
    palette?.addItem({ command: Commands.background, category: 'Workbench' });
  }
};
