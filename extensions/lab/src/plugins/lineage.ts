import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { type Host } from '@workbench/panels/host';
import { lineageIcon } from '../icons';
import { PanelWidget } from '../PanelWidget';
import { Commands, IWorkbenchHost } from '../tokens';

/** The lineage graph in the main area: one, whatever it is asked to show. */
export const lineagePlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:lineage',
  description: 'The Workbench lineage graph in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, palette: ICommandPalette | null): void => {
    const tracker = new WidgetTracker<MainAreaWidget<PanelWidget>>({ namespace: 'workbench-lineage' });
    const props: { request?: { name: string; round: number } } = {};
    const create = () => {
      const content = new PanelWidget(async () => createElement((await import('@workbench/panels')).LineagePanel, { host, ...props }));
      const widget = new MainAreaWidget({ content });
      widget.toolbar.hide();
      widget.id = 'workbench-lineage';
      widget.title.label = 'Lineage';
      widget.title.icon = lineageIcon;
      widget.title.closable = true;
      void tracker.add(widget);
      return widget;
    };

    app.commands.addCommand(Commands.lineage, {
      label: 'Lineage',
      caption: 'What datasets were made from, and what was made from them',
      icon: lineageIcon,
      describedBy: { args: { type: 'object', properties: { name: { type: ['string', 'null'] } } } },
      execute: args => {
        if (typeof args.name === 'string') {
          props.request = { name: args.name, round: (props.request?.round ?? 0) + 1 };
        }
        const known = tracker.currentWidget;
        const widget = known ?? create();
        if (!widget.isAttached) {
          app.shell.add(widget, 'main', { type: 'Lineage' });
        }
        if (known) {
          void known.content.redraw();
        }
        app.shell.activateById(widget.id);
        return widget;
      }
    });
    palette?.addItem({ command: Commands.lineage, category: 'Workbench' });
    void restorer?.restore(tracker, { command: Commands.lineage, name: () => 'lineage' });
  }
};
