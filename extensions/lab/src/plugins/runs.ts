import { createElement } from 'react';
import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { type Host } from '@workbench/panels/host';
import { runsIcon } from '../icons';
import { PanelWidget } from '../PanelWidget';
import { Commands, IWorkbenchHost } from '../tokens';

const ID = 'workbench-runs';

/** Pipelines and runs in the left side bar. */
export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:runs',
  description: 'Workbench pipelines and runs in the left side bar.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ICommandPalette, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    host: Host,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    shell: ILabShell | null
  ): void => {
    const widget = new PanelWidget(async () => createElement((await import('@workbench/panels')).RunsPanel, { host }));
    widget.id = ID;
    widget.title.icon = runsIcon;
    widget.title.caption = 'Runs';
    widget.node.setAttribute('role', 'region');
    widget.node.setAttribute('aria-label', 'Runs');
    app.shell.add(widget, 'left', { rank: 160, type: 'Runs' });
    restorer?.add(widget, ID);

    app.commands.addCommand(Commands.runs, {
      label: 'Runs',
      caption: 'Pipelines to start, and what ran',
      icon: runsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        shell?.expandLeft();
        app.shell.activateById(ID);
      }
    });
    palette?.addItem({ command: Commands.runs, category: 'Workbench' });
  }
};
