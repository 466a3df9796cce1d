import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { type DatasetTab, type Host, WorkbenchError } from '@workbench/panels/host';
import { datasetIcon } from '../icons';
import { PanelWidget } from '../PanelWidget';
import { Commands, IWorkbenchHost } from '../tokens';

interface Page {
  name: string;
  request?: { tab?: DatasetTab; part?: string; round: number };
}

/** A dataset's page in the main area, a tab a dataset. */
export const datasetPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:dataset',
  description: 'Everything about one dataset in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ISettingRegistry],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, registry: ISettingRegistry | null): void => {
    const tracker = new WidgetTracker<MainAreaWidget<PanelWidget>>({ namespace: 'workbench-dataset' });
    const pages = new WeakMap<MainAreaWidget<PanelWidget>, Page>();
    const nameOf = (widget: MainAreaWidget<PanelWidget>) => pages.get(widget)?.name ?? '';
    const sampleRows = async () => (registry ? ((await registry.get('workbench:catalog', 'tableRows')).composite as number) : undefined);

    const create = (page: Page) => {
      const draw = async () => {
        const { DatasetPage, LineagePanel } = await import('@workbench/panels');
        const lineage = (name: string) =>
          createElement(LineagePanel, { host, storageKey: `lineage:${name}`, request: { name, round: 1 } });
        return createElement(DatasetPage, { host, ...page, sampleRows: await sampleRows(), lineage });
      };
      const content = new PanelWidget(draw);
      const widget = new MainAreaWidget({ content });
      widget.toolbar.hide();
      pages.set(widget, page);
      widget.id = `workbench-dataset-${page.name}`;
      widget.title.label = page.name;
      widget.title.caption = page.name;
      widget.title.icon = datasetIcon;
      widget.title.closable = true;
      app.shell.add(widget, 'main', { type: 'Dataset' });
      void tracker.add(widget);
      return widget;
    };

    app.commands.addCommand(Commands.dataset, {
      label: args => (args.name ? String(args.name) : 'Dataset'),
      icon: datasetIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: { name: { type: 'string' }, tab: { type: 'string' }, part: { type: 'string' } },
          required: ['name']
        }
      },
      execute: args => {
        if (typeof args.name !== 'string') {
          throw new WorkbenchError('No dataset was named.', 'invalid_input', 'Give its name as the argument `name`.');
        }
        const { name } = args;
        const known = tracker.find(each => nameOf(each) === name);
        const page: Page = (known && pages.get(known)) ?? { name };
        if (typeof args.tab === 'string') {
          const part = typeof args.part === 'string' ? args.part : undefined;
          page.request = { tab: args.tab as DatasetTab, part, round: (page.request?.round ?? 0) + 1 };
        }
        const widget = known ?? create(page);
        if (known && typeof args.tab === 'string') {
          void known.content.redraw();
        }
        app.shell.activateById(widget.id);
        return widget;
      }
    });
    void restorer?.restore(tracker, { command: Commands.dataset, args: widget => ({ name: nameOf(widget) }), name: nameOf });
  }
};
