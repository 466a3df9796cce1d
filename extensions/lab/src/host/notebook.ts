import { type JupyterFrontEnd } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { type INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { type Snippet, WorkbenchError } from '@workbench/panels/host';
import { ExecutedDrive } from './ExecutedDrive';
import { LAKE_PYTHON, LAKE_SQL, phrase } from './phrase';

const kernelOf = (panel: NotebookPanel): string => {
  const kept = panel.context.model.getMetadata('kernelspec') as { name?: string } | undefined;
  // A notebook that was just made knows only what was asked for, and keeps an empty name.
  const names = [panel.sessionContext.session?.kernel?.name, kept?.name, panel.sessionContext.kernelPreference.name];
  return names.find(Boolean) ?? '';
};

const sources = (panel: NotebookPanel): string[] => panel.content.widgets.map(cell => cell.model.sharedModel.getSource());

/** Put code into the active notebook: its active cell when that is empty, else a new one below. Returns where it went. */
export async function insertInto(
  app: JupyterFrontEnd,
  tracker: INotebookTracker | null,
  snippet: Snippet,
  language?: keyof Snippet,
  run = false
): Promise<string> {
  const panel = tracker?.currentWidget ?? (await newNotebook(app, language));
  await panel.revealed;
  app.shell.activateById(panel.id);
  const { content } = panel;
  const text = phrase(snippet, kernelOf(panel), sources(panel), language);
  const active = content.activeCell;
  if (!active || active.model.type !== 'code' || active.model.sharedModel.getSource().trim() !== '') {
    NotebookActions.insertBelow(content);
  }
  content.activeCell?.model.sharedModel.setSource(text);
  content.mode = 'edit';
  if (run) {
    void runWhenReady(panel);
  }
  return `Inserted into ${PathExt.basename(panel.context.path)}.`;
}

/** Run the active cell as soon as there is a kernel: a run that is asked for before is dropped without a word. */
async function runWhenReady(panel: NotebookPanel): Promise<void> {
  const cell = panel.content.activeCell;
  await panel.sessionContext.ready;
  if (!panel.isDisposed && cell && panel.content.activeCell === cell && panel.sessionContext.session?.kernel) {
    await NotebookActions.run(panel.content, panel.sessionContext);
  }
}

async function newNotebook(app: JupyterFrontEnd, language?: keyof Snippet): Promise<NotebookPanel> {
  const { kernelspecs } = app.serviceManager;
  await kernelspecs.ready;
  const wanted = language === 'sql' ? LAKE_SQL : LAKE_PYTHON;
  const known = kernelspecs.specs?.kernelspecs[wanted] ? wanted : kernelspecs.specs?.default;
  const made: unknown = await app.commands.execute('notebook:create-new', { kernelName: known });
  if (!made) {
    throw new WorkbenchError('No notebook could be made here.', 'unavailable', 'Open a notebook, then insert again.');
  }
  const panel = made as NotebookPanel;
  await panel.context.ready;
  return panel;
}

const LOOKS = 8;

/** Cells above are drawn one after another and push a cell away: it is scrolled to until it stays, or the person moves on. */
async function keepInSight(panel: NotebookPanel, index: number): Promise<void> {
  const { content } = panel;
  for (let look = 0; look < LOOKS && !panel.isDisposed && content.activeCellIndex === index; look++) {
    await content.scrollToItem(index, 'center');
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

/** Open the executed notebook of a step's run, to be looked at: it cannot be saved, and no kernel is started for it. */
export async function openExecuted(app: JupyterFrontEnd, runId: string, step: string): Promise<void> {
  const panel = (await app.commands.execute('docmanager:open', {
    path: ExecutedDrive.path(runId, step),
    factory: 'Notebook'
  })) as NotebookPanel | undefined;
  if (panel) {
    // Before its content has come, and with it the wish for a kernel.
    const { sessionContext } = panel.context;
    sessionContext.kernelPreference = { ...sessionContext.kernelPreference, shouldStart: false, canStart: false };
  }
}

/** Open a notebook and, where one is named, go to its cell, with `runAbove` once the cells above it are on their way. */
export async function openNotebook(app: JupyterFrontEnd, path: string, cell?: string | null, runAbove = false): Promise<void> {
  try {
    await app.serviceManager.contents.get(path, { content: false });
  } catch {
    throw new WorkbenchError(
      `${path} is not below the folder that JupyterLab shows.`,
      'not_found',
      'Start JupyterLab in the folder that holds workbench.toml.'
    );
  }
  const panel = (await app.commands.execute('docmanager:open', { path })) as NotebookPanel | undefined;
  if (panel && cell) {
    await panel.context.ready;
    await panel.revealed;
    const index = panel.content.widgets.findIndex(widget => widget.model.id === cell);
    if (index >= 0) {
      panel.content.activeCellIndex = index;
      if (runAbove) {
        await panel.sessionContext.ready;
        void NotebookActions.runAllAbove(panel.content, panel.sessionContext);
      }
      await keepInSight(panel, index);
    }
  }
}
