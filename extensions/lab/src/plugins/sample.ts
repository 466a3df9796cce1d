import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { type Host } from '@workbench/panels/host';
import { tableIcon } from '../icons';
import { perName } from '../mainArea';
import { sampleRows } from '../settings';
import { Commands, IWorkbenchHost } from '../tokens';

/** A dataset's rows in the main area, a tab a dataset. */
export const samplePlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:sample',
  description: 'A dataset\'s first rows in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ISettingRegistry],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, registry: ISettingRegistry | null): void => {
    const draw = async (name: string) =>
      createElement((await import('@workbench/panels')).SamplePanel, { host, name, limit: await sampleRows(registry) });
    const caption = (name: string) => `Rows of ${name}`;
    const open = perName(app, restorer, { kind: 'sample', command: Commands.sample, icon: tableIcon, caption, draw });
    app.commands.addCommand(Commands.sample, {
      label: args => (args.name ? caption(String(args.name)) : 'Rows of a Dataset'),
      icon: tableIcon,
      describedBy: { args: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
      execute: args => open(args.name).widget
    });
  }
};
