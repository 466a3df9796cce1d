import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { type Host, openRun, type RunEvent } from '@workbench/panels/rest';
import { IWorkbenchHost } from '../tokens';
import { told } from './told';

const OVER = new Set(['run.succeeded', 'run.failed', 'run.cancelled']);

/** Says when a pipeline or notebook that the person has started ends, while they look at something else. */
export const endingsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:endings',
  description: 'Tells of one’s own pipelines and background notebooks that have ended.',
  autoStart: true,
  requires: [IWorkbenchHost],
  optional: [ILabShell],
  activate: (app: JupyterFrontEnd, host: Host, shell: ILabShell | null): void => {
    /** What the person has under way: a run's job by its id. */
    const mine = new Map<string, string>();
    let me: string | undefined;
    const watched = (job: string): boolean =>
      !document.hidden &&
      (shell?.currentWidget?.id === `workbench-pipeline-${job}` || [...(shell?.widgets('left') ?? [])].some(widget => widget.id === 'workbench-runs' && widget.isVisible));

    const tell = async (job: string, run: string): Promise<void> => {
      const { status, error } = await host.call('runs.get', { run_id: run });
      const actions = [{ label: 'Show', callback: () => void openRun(host, job, run) }];
      if (told.has(run)) {
        return;
      }
      told.set(
        run,
        status === 'failed'
          ? Notification.error(`${job} failed. ${error?.message ?? ''}`.trim(), { actions, autoClose: false })
          : Notification.emit(`${job} ${status === 'succeeded' ? 'has succeeded' : 'was cancelled'}.`, status === 'succeeded' ? 'success' : 'info', { actions, autoClose: 8000 })
      );
    };
    const hear = (event: RunEvent | null): void => {
      if (event?.type === 'run.started') {
        told.delete(event.run_id); // repaired, it ends once more
      }
      if (event === null) {
        void look();
      } else if (event.type === 'run.queued' && event.body.kind === 'pipeline' && event.body.principal === me) {
        mine.set(event.run_id, String(event.body.job));
      } else if (OVER.has(event.type)) {
        const job = mine.get(event.run_id);
        mine.delete(event.run_id);
        if (job !== undefined && !watched(job)) {
          void tell(job, event.run_id).catch(() => undefined);
        }
      }
    };
    /** What began before this page was opened, or while nothing was heard. */
    const look = async (): Promise<void> => {
      try {
        me ??= (await host.call('users.me', {})).name;
        for (const status of ['queued', 'running'] as const) {
          for (const run of await host.call('runs.list', { kind: 'pipeline', status })) {
            if (run.principal === me) {
              mine.set(run.id, run.job);
            }
          }
        }
      } catch {
        // There is no workspace here, or it is not running: the panels say so.
      }
    };
    void app.restored.then(async () => {
      await look();
      host.subscribe(hear);
    });
  }
};
