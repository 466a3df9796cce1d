import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { ILauncher } from '@jupyterlab/launcher';
import { experimentsIcon, tutorialIcon } from '../icons';
import { Commands } from '../tokens';

const CATEGORY = 'Workbench';
const TUTORIAL = 'notebooks/tutorials/01-first-hour.ipynb';

function addCommands(app: JupyterFrontEnd): void {
  const { baseUrl } = app.serviceManager.serverSettings;
  app.commands.addCommand(Commands.experiments, {
    label: 'MLflow',
    caption: 'Experiments, runs and models, in a new browser tab',
    icon: experimentsIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => {
      window.open(URLExt.join(baseUrl, 'workbench-mlflow/'), '_blank', 'noopener');
    }
  });
  app.commands.addCommand(Commands.tutorial, {
    label: 'First Hour',
    caption: 'A notebook that walks through the workbench',
    icon: tutorialIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => app.commands.execute('docmanager:open', { path: TUTORIAL })
  });
}

/** The launcher's section, and the same in the palette. */
export const launcherPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:launcher',
  description: 'The Workbench section of the launcher.',
  autoStart: true,
  optional: [ILauncher, ICommandPalette],
  activate: (app: JupyterFrontEnd, launcher: ILauncher | null, palette: ICommandPalette | null): void => {
    addCommands(app);
    const offer = (command: string, rank: number) =>
      launcher?.add({ command, category: CATEGORY, rank, categoryRank: -1 });
    offer(Commands.catalog, 1);
    offer(Commands.lineage, 2);
    offer(Commands.experiments, 3);
    palette?.addItem({ command: Commands.experiments, category: CATEGORY });

    // The tutorial lies in demo workspaces, not in every project.
    void app.restored
      .then(() => app.serviceManager.contents.get(TUTORIAL, { content: false }))
      .then(() => {
        offer(Commands.tutorial, 4);
        palette?.addItem({ command: Commands.tutorial, category: CATEGORY });
      })
      .catch(() => undefined);
  }
};
