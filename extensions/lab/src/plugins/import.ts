import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { type Host } from '@workbench/panels/host';
import { importIcon } from '../icons';
import { single } from '../mainArea';
import { Commands, IWorkbenchHost } from '../tokens';

/** What is being taken in, in the main area: one page, whatever comes. */
export const importPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:import',
  description: 'Data to look at before it is written, in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, palette: ICommandPalette | null): void => {
    const draw = async () => createElement((await import('@workbench/panels')).ImportPage, { host });
    const open = single(app, restorer, { kind: 'import', command: Commands.import, label: 'Import', icon: importIcon, draw });
    app.commands.addCommand(Commands.import, {
      label: 'Add Data',
      caption: 'Files, addresses and databases, looked at before anything is written',
      icon: importIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: open
    });
    palette?.addItem({ command: Commands.import, category: 'Workbench' });
  }
};
