import { createElement } from 'react';
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { type Host } from '@workbench/panels/host';
import { sqlIcon } from '../icons';
import { several } from '../mainArea';
import { Commands, IWorkbenchHost } from '../tokens';

interface Request {
  sql: string;
  params?: Record<string, unknown>;
  run: boolean;
  round: number;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Statements and their results in the main area: as many panels as a person wants. */
export const sqlPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:sql',
  description: 'Governed SQL in the main area.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (app: JupyterFrontEnd, host: Host, restorer: ILayoutRestorer | null, palette: ICommandPalette | null): void => {
    const requests = new Map<string, Request>();
    const draw = async (id: string) => {
      const { SqlPanel } = await import('@workbench/panels/sql');
      return createElement(SqlPanel, { host, id, request: requests.get(id), onName: name => panels.rename(id, name) });
    };
    const label = (id: string) => `SQL ${id}`;
    /** What it was called before a reload, which is known before it is drawn. */
    const recall = async (id: string) => {
      const kept = (await host.storage.get(`sql:${id}`)) as { name?: unknown } | undefined;
      panels.rename(id, typeof kept?.name === 'string' ? kept.name.trim() : '');
    };
    const panels = several(app, restorer, { kind: 'SQL', command: Commands.sql, icon: sqlIcon, label, draw });
    app.commands.addCommand(Commands.sql, {
      label: 'SQL',
      caption: 'Ask the datasets of this workspace in SQL',
      icon: sqlIcon,
      describedBy: { args: { type: 'object', properties: { id: { type: 'string' }, sql: { type: 'string' }, params: { type: 'object' }, run: { type: 'boolean' } } } },
      execute: args => {
        const sql = text(args.sql);
        const id = text(args.id) ?? (sql ? panels.current() : null) ?? panels.free();
        const before = requests.get(id);
        if (sql) {
          requests.set(id, { sql, params: args.params as Record<string, unknown> | undefined, run: args.run === true, round: (before?.round ?? 0) + 1 });
        }
        const { widget, known } = panels.open(id);
        if (!known) {
          void recall(id);
          widget.disposed.connect(() => requests.delete(id));
        }
        if (sql) {
          void widget.content.redraw();
        }
        return widget;
      }
    });
    palette?.addItem({ command: Commands.sql, category: 'Workbench' });
  }
};
