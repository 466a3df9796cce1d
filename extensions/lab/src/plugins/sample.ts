import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { type Host, WorkbenchError } from '@workbench/panels/host';
import { tableIcon } from '../icons';
import { PanelWidget } from '../PanelWidget';
import { Commands, IWorkbenchHost } from '../tokens';

/** A dataset's rows in the main area, a tab a dataset. */
export const samplePlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:sample',
  description: 'A dataset\'s first rows in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ISettingRegistry],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, registry: ISettingRegistry | null): void => {
    const tracker = new WidgetTracker<MainAreaWidget<PanelWidget>>({ namespace: 'workbench-sample' });
    const names = new WeakMap<MainAreaWidget<PanelWidget>, string>();
    const nameOf = (widget: MainAreaWidget<PanelWidget>) => names.get(widget) ?? '';
    const limit = async () =>
      registry ? ((await registry.get('workbench:catalog', 'tableRows')).composite as number) : undefined;

    const create = (name: string) => {
      const content = new PanelWidget(async () =>
        createElement((await import('@workbench/panels')).SamplePanel, { host, name, limit: await limit() })
      );
      const widget = new MainAreaWidget({ content });
      widget.toolbar.hide();
      names.set(widget, name);
      widget.id = `workbench-sample-${name}`;
      widget.title.label = name;
      widget.title.caption = `Rows of ${name}`;
      widget.title.icon = tableIcon;
      widget.title.closable = true;
      app.shell.add(widget, 'main', { type: 'Dataset' });
      void tracker.add(widget);
      return widget;
    };

    app.commands.addCommand(Commands.sample, {
      label: args => (args.name ? `Rows of ${String(args.name)}` : 'Rows of a Dataset'),
      icon: tableIcon,
      describedBy: { args: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
      execute: args => {
        if (typeof args.name !== 'string') {
          throw new WorkbenchError('No dataset was named.', 'invalid_input', 'Give its name as the argument `name`.');
        }
        const { name } = args;
        const widget = tracker.find(known => nameOf(known) === name) ?? create(name);
        app.shell.activateById(widget.id);
        return widget;
      }
    });
    void restorer?.restore(tracker, {
      command: Commands.sample,
      args: widget => ({ name: nameOf(widget) }),
      name: nameOf
    });
  }
};
