import { createElement } from 'react';
import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { type Host } from '@workbench/panels/host';
import { catalogIcon } from '../icons';
import { PanelWidget } from '../PanelWidget';
import { sidePanel } from '../sidePanel';
import { Commands, IWorkbenchHost } from '../tokens';

/** The catalog in the left side bar. */
export const catalogPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:catalog',
  description: 'The Workbench catalog in the left side bar.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ICommandPalette, ISettingRegistry, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    host: Host,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null,
    shell: ILabShell | null
  ): void => {
    const props = { sampleRows: 50, reveal: undefined as { name: string; round: number } | undefined };
    const load = () => import('@workbench/panels');
    const widget = new PanelWidget(async () => createElement((await load()).CatalogPanel, { host, ...props }));
    const show = sidePanel(app, restorer, shell, widget, { id: 'workbench-catalog', label: 'Catalog', icon: catalogIcon, rank: 150 });

    app.commands.addCommand(Commands.catalog, {
      label: 'Catalog',
      caption: 'Datasets, their columns, samples and history',
      icon: catalogIcon,
      describedBy: { args: { type: 'object', properties: { name: { type: ['string', 'null'] } } } },
      execute: args => {
        if (typeof args.name === 'string') {
          props.reveal = { name: args.name, round: (props.reveal?.round ?? 0) + 1 };
          void widget.redraw();
        }
        show();
      }
    });
    palette?.addItem({ command: Commands.catalog, category: 'Workbench' });

    void registry?.load('workbench:catalog').then(settings => {
      const apply = () => {
        props.sampleRows = settings.composite.sampleRows as number;
        if (widget.isVisible) {
          void widget.redraw();
        }
      };
      settings.changed.connect(apply);
      apply();
    });
    // Fetched while nobody waits, so that the first click finds it here.
    void app.restored.then(() => setTimeout(() => void load(), 2000));
  }
};
