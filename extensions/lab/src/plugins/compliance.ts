import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { type Host } from '@workbench/panels/host';
import { complianceIcon } from '../icons';
import { single } from '../mainArea';
import { Commands, IWorkbenchHost } from '../tokens';

/** Who may see what, in the main area: one page. */
export const compliancePlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:compliance',
  description: 'Policies, people and who sees what, in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, palette: ICommandPalette | null): void => {
    const props: { request?: { name: string; part?: string; round: number } } = {};
    const draw = async () => createElement((await import('@workbench/panels/compliance')).CompliancePanel, { host, ...props });
    const open = single(app, restorer, { kind: 'compliance', command: Commands.compliance, label: 'Compliance', icon: complianceIcon, draw });
    app.commands.addCommand(Commands.compliance, {
      label: 'Compliance',
      caption: 'Who may see what: the policy, as somebody sees it, people and their tokens',
      icon: complianceIcon,
      describedBy: { args: { type: 'object', properties: { name: { type: ['string', 'null'] }, part: { type: ['string', 'null'] } } } },
      execute: args => {
        if (typeof args.name === 'string') {
          props.request = { name: args.name, part: typeof args.part === 'string' ? args.part : undefined, round: (props.request?.round ?? 0) + 1 };
        }
        return open();
      }
    });
    palette?.addItem({ command: Commands.compliance, category: 'Workbench' });
  }
};
