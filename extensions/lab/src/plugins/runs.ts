import { createElement } from 'react';
import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { type Host } from '@workbench/panels/host';
import { runsIcon } from '../icons';
import { PanelWidget } from '../PanelWidget';
import { sidePanel } from '../sidePanel';
import { Commands, IWorkbenchHost } from '../tokens';

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
    let request: { pipeline: string; round: number } | undefined;
    const widget = new PanelWidget(async () => createElement((await import('@workbench/panels')).RunsPanel, { host, request }));
    const show = sidePanel(app, restorer, shell, widget, { id: 'workbench-runs', label: 'Pipelines and Runs', icon: runsIcon, rank: 160 });

    app.commands.addCommand(Commands.runs, {
      label: 'Pipelines and Runs',
      caption: 'Pipelines to start, when they run by themselves, and what ran',
      icon: runsIcon,
      describedBy: { args: { type: 'object', properties: { pipeline: { type: 'string' } } } },
      execute: args => {
        show();
        if (typeof args.pipeline === 'string') {
          request = { pipeline: args.pipeline, round: (request?.round ?? 0) + 1 };
          void widget.redraw();
        }
      }
    });
    palette?.addItem({ command: Commands.runs, category: 'Workbench' });
  }
};
