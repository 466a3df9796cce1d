import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { type Host } from '@workbench/panels/host';
import { importIcon } from '../icons';
import { PanelWidget } from '../PanelWidget';
import { Commands, IWorkbenchHost } from '../tokens';

/** What is being taken in, in the main area: one page, whatever comes. */
export const importPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:import',
  description: 'Data to look at before it is written, in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, palette: ICommandPalette | null): void => {
    const tracker = new WidgetTracker<MainAreaWidget<PanelWidget>>({ namespace: 'workbench-import' });
    const create = () => {
      const content = new PanelWidget(async () => createElement((await import('@workbench/panels')).ImportPage, { host }));
      const widget = new MainAreaWidget({ content });
      widget.toolbar.hide();
      widget.id = 'workbench-import';
      widget.title.label = 'Import';
      widget.title.icon = importIcon;
      widget.title.closable = true;
      void tracker.add(widget);
      return widget;
    };

    app.commands.addCommand(Commands.import, {
      label: 'Add Data',
      caption: 'Files, addresses and databases, looked at before anything is written',
      icon: importIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        const widget = tracker.currentWidget ?? create();
        if (!widget.isAttached) {
          app.shell.add(widget, 'main', { type: 'Import' });
        }
        app.shell.activateById(widget.id);
        return widget;
      }
    });
    palette?.addItem({ command: Commands.import, category: 'Workbench' });
    void restorer?.restore(tracker, { command: Commands.import, name: () => 'import' });
  }
};
