import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { type Host } from '@workbench/panels/host';
import { scheduleIcon } from '../icons';
import { single } from '../mainArea';
import { Commands, IWorkbenchHost } from '../tokens';

/** What each tab is called in the palette. */
const OF = {
  schedules: { label: 'Schedules', caption: 'When pipelines run by themselves' },
  queue: { label: 'Queue and Workers', caption: 'What waits and for what, and which workers live' },
  notifications: { label: 'Notifications', caption: 'What you are told of, and how' }
};
type Tab = keyof typeof OF;
const tabOf = (said: unknown): Tab => (said === 'queue' || said === 'notifications' ? said : 'schedules');

interface Request {
  tab?: Tab;
  add?: string;
  round: number;
}

/** Schedules, the queue, the workers and notifications in the main area. */
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
      label: args => OF[tabOf(args.tab)].label,
      caption: args => OF[tabOf(args.tab)].caption,
      icon: scheduleIcon,
      describedBy: { args: { type: 'object', properties: { tab: { enum: Object.keys(OF) }, add: { type: 'string' } } } },
      execute: args => {
        if (args.tab !== undefined) {
          request = { tab: tabOf(args.tab), add: typeof args.add === 'string' ? args.add : undefined, round: (request?.round ?? 0) + 1 };
        }
        return open();
      }
    });
    for (const tab of Object.keys(OF)) {
      palette?.addItem({ command: Commands.pipelines, category: 'Workbench', args: { tab } });
    }
  }
};
