import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { type Host } from '@workbench/panels/host';
import { lineageIcon } from '../icons';
import { single } from '../mainArea';
import { Commands, IWorkbenchHost } from '../tokens';

/** The lineage graph in the main area: one, whatever it is asked to show. */
export const lineagePlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:lineage',
  description: 'The Workbench lineage graph in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, palette: ICommandPalette | null): void => {
    const props: { request?: { name: string; round: number } } = {};
    const draw = async () => createElement((await import('@workbench/panels')).LineagePanel, { host, ...props });
    const open = single(app, restorer, { kind: 'lineage', command: Commands.lineage, label: 'Lineage', icon: lineageIcon, draw });
    app.commands.addCommand(Commands.lineage, {
      label: 'Lineage',
      caption: 'What datasets were made from, and what was made from them',
      icon: lineageIcon,
      describedBy: { args: { type: 'object', properties: { name: { type: ['string', 'null'] } } } },
      execute: args => {
        if (typeof args.name === 'string') {
          props.request = { name: args.name, round: (props.request?.round ?? 0) + 1 };
        }
        return open();
      }
    });
    palette?.addItem({ command: Commands.lineage, category: 'Workbench' });
  }
};
