import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { type Host, WorkbenchError } from '@workbench/panels/host';
import { scheduleIcon } from '../icons';
import { Commands, IWorkbenchHost } from '../tokens';

const PIPELINE_FILE = 'pipeline.yaml';

/** A form for a schedule of what one has in front of her: a notebook, or the pipeline that it belongs to. Its schema puts the command where they are. */
export const schedulePlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:schedule',
  description: 'Opens the form for a schedule of a notebook or pipeline.',
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
    const chosen = (): string | undefined => [...(files?.selectedItems() ?? [])].find(item => item.type === 'notebook' || item.name === PIPELINE_FILE)?.path;
    const inFront = (): string | undefined => {
      const open = notebooks?.currentWidget;
      return open && app.shell.currentWidget === open ? open.context.path : undefined;
    };
    /** A step of a pipeline is scheduled with it; any other notebook by itself. */
    const scheduled = async (path: string): Promise<string> => {
      const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      const pipelines = await host.call('pipelines.list', {});
      const pipeline = pipelines.find(each => each.folder === folder);
      if (!pipeline && path.endsWith(PIPELINE_FILE)) {
        throw new WorkbenchError(`${path} is not that of a pipeline of this workspace.`, 'not_found', 'Pipelines are folders below notebooks/pipelines.');
      }
      return pipeline?.name ?? path;
    };
    app.commands.addCommand(Commands.schedule, {
      label: args => (args.toolbar ? '' : 'Schedule…'),
      caption: 'Have this notebook or pipeline run by itself: at times, or when data comes',
      icon: scheduleIcon,
      isVisible: args => args.files !== true || chosen() !== undefined,
      describedBy: { args: { type: 'object', properties: { toolbar: { type: 'boolean' }, files: { type: 'boolean' }, path: { type: 'string' } } } },
      execute: async args => {
        const given = typeof args.path === 'string' ? args.path : args.files === true ? chosen() : args.toolbar === true ? notebooks?.currentWidget?.context.path : (inFront() ?? chosen());
        try {
          // What is on the screen is what is scheduled.
          const open = notebooks?.find(panel => panel.context.path === given);
          if (open?.context.model.dirty) {
            await open.context.save();
          }
          await host.open({ kind: 'pipelines', tab: 'schedules', add: given && (await scheduled(app.serviceManager.contents.localPath(given))) });
        } catch (problem) {
          const error = WorkbenchError.from(problem);
          Notification.error([error.message, error.fix].filter(Boolean).join(' '));
        }
      }
    });
    palette?.addItem({ command: Commands.schedule, category: 'Workbench' });
  }
};
