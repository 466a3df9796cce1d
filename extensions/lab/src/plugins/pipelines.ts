import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { type Host } from '@workbench/panels/host';
import { scheduleIcon } from '../icons';
import { single } from '../mainArea';
import { Commands, IWorkbenchHost } from '../tokens';

interface Request {
  tab?: 'schedules' | 'queue';
  add?: string;
  round: number;
}

/** Schedules, the queue and the workers in the main area. */
export const pipelinesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:pipelines',
  description: 'Schedules, queue and workers of Workbench pipelines.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, palette: ICommandPalette | null): void => {
    let request: Request | undefined;
    const open = single(app, restorer, {
      kind: 'pipelines',
      command: Commands.pipelines,
      label: 'Schedules and Queue',
      icon: scheduleIcon,
      draw: async () => createElement((await import('@workbench/panels')).PipelinesPage, { host, request })
    });
    app.commands.addCommand(Commands.pipelines, {
      label: args => (args.tab === 'queue' ? 'Queue and Workers' : 'Schedules'),
      caption: args => (args.tab === 'queue' ? 'What waits and for what, and which workers live' : 'When pipelines run by themselves'),
      icon: scheduleIcon,
      describedBy: { args: { type: 'object', properties: { tab: { enum: ['schedules', 'queue'] }, add: { type: 'string' } } } },
      execute: args => {
        if (args.tab === 'schedules' || args.tab === 'queue') {
          request = { tab: args.tab, add: typeof args.add === 'string' ? args.add : undefined, round: (request?.round ?? 0) + 1 };
        }
        return open();
      }
    });
    for (const tab of ['schedules', 'queue']) {
      palette?.addItem({ command: Commands.pipelines, category: 'Workbench', args: { tab } });
    }
  }
};
