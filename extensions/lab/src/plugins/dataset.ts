import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { type DatasetTab, type Host } from '@workbench/panels/host';
import { datasetIcon } from '../icons';
import { perName } from '../mainArea';
import { sampleRows } from '../settings';
import { Commands, IWorkbenchHost } from '../tokens';

interface Request {
  tab?: DatasetTab;
  part?: string;
  round: number;
}

/** A dataset's page in the main area, a tab a dataset. */
export const datasetPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:dataset',
  description: 'Everything about one dataset in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ISettingRegistry],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, registry: ISettingRegistry | null): void => {
    const requests = new Map<string, Request>();
    const draw = async (name: string) => {
      const { DatasetPage, LineagePanel } = await import('@workbench/panels');
      const lineage = (each: string) => createElement(LineagePanel, { host, storageKey: `lineage:${each}`, request: { name: each, round: 1 } });
      return createElement(DatasetPage, { host, name, request: requests.get(name), sampleRows: await sampleRows(registry), lineage });
    };
    const open = perName(app, restorer, { kind: 'dataset', command: Commands.dataset, icon: datasetIcon, caption: name => name, draw });
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
        const asked = typeof args.tab === 'string';
        if (asked && typeof args.name === 'string') {
          const part = typeof args.part === 'string' ? args.part : undefined;
          requests.set(args.name, { tab: args.tab as DatasetTab, part, round: (requests.get(args.name)?.round ?? 0) + 1 });
        }
        const { widget, known } = open(args.name);
        if (!known) {
          // Who opens it again later asks for nothing in it.
          widget.disposed.connect(() => requests.delete(String(args.name)));
        } else if (asked) {
          void widget.content.redraw();
        }
        return widget;
      }
    });
  }
};
