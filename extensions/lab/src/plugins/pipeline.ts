import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { type Host } from '@workbench/panels/host';
import { runsIcon } from '../icons';
import { perName } from '../mainArea';
import { Commands, IWorkbenchHost, LINK } from '../tokens';

interface Request {
  run?: string;
  shared: boolean;
  round: number;
}

/** Pages of pipelines in the main area: one for each. */
export const pipelinePlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:pipeline',
  description: 'Pages of Workbench pipelines in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null): void => {
    const requests = new Map<string, Request>();
    const open = perName(app, restorer, {
      kind: 'pipeline',
      type: 'Pipeline',
      command: Commands.pipeline,
      icon: runsIcon,
      caption: name => `Pipeline ${name}`,
      draw: async name => createElement((await import('@workbench/panels')).PipelinePage, { host, name, request: requests.get(name) })
    });
    app.commands.addCommand(Commands.pipeline, {
      label: args => (typeof args.name === 'string' ? `Pipeline ${args.name}` : 'Pipeline'),
      caption: 'The steps of a pipeline, and a run of it',
      icon: runsIcon,
      describedBy: { args: { type: 'object', properties: { name: { type: 'string' }, run: { type: 'string' } }, required: ['name'] } },
      execute: args => {
        if (typeof args.name === 'string' && (typeof args.run === 'string' || args.shared === true)) {
          const round = (requests.get(args.name)?.round ?? 0) + 1;
          requests.set(args.name, { run: typeof args.run === 'string' ? args.run : undefined, shared: args.shared === true, round });
        }
        const { widget, known } = open(args.name);
        if (known) {
          void widget.content.redraw();
        }
        return widget;
      }
    });
    // A link that somebody has shared. What it names is asked for with the rights of who opens it.
    const asked = new URLSearchParams(window.location.search);
    const name = asked.get(LINK);
    if (name !== null) {
      void app.restored.then(() => app.commands.execute(Commands.pipeline, { name, run: asked.get('run') ?? undefined, shared: true }));
    }
  }
};
