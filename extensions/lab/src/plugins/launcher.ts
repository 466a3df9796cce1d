import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { ILauncher } from '@jupyterlab/launcher';
import { type Contents } from '@jupyterlab/services';
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
      // Its own first page is about language models.
      window.open(`${URLExt.join(baseUrl, 'workbench-mlflow/')}#/experiments`, '_blank', 'noopener');
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

/** Whether a file is there, found by looking into one folder after another: asking for what is not there is logged as an error. */
async function exists(app: JupyterFrontEnd, path: string): Promise<boolean> {
  let folder = '';
  for (const part of path.split('/')) {
    const { content } = (await app.serviceManager.contents.get(folder)) as { content: Contents.IModel[] | null };
    const found = content?.find(item => item.name === part);
    if (!found) {
      return false;
    }
    folder = found.path;
  }
  return true;
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
    offer(Commands.import, 2);
    offer(Commands.sql, 3);
    offer(Commands.lineage, 4);
    offer(Commands.runs, 5);
    offer(Commands.compliance, 6);
    offer(Commands.experiments, 7);
    palette?.addItem({ command: Commands.experiments, category: CATEGORY });

    // The tutorial lies in demo workspaces, not in every project.
    void app.restored.then(async () => {
      if (await exists(app, TUTORIAL)) {
        offer(Commands.tutorial, 8);
        palette?.addItem({ command: Commands.tutorial, category: CATEGORY });
      }
    });
  }
};
