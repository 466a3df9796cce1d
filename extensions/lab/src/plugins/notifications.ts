import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { type Host, openRun, type NotificationEvent, type PersonalNotification } from '@workbench/panels/rest';
import { IWorkbenchHost } from '../tokens';
import { told } from './told';

const LOOKS: Record<NotificationEvent, Notification.TypeOptions> = {
  failed: 'error',
  held_back: 'warning',
  approval: 'warning',
  missed: 'warning',
  stale: 'warning',
  recovered: 'success',
  succeeded: 'success',
  cancelled: 'info'
};
/** Events that somebody may be told of: a run has ended, or a step waits for a person. */
const AFTER = new Set(['run.succeeded', 'run.failed', 'run.cancelled', 'run.started']);
/** Milliseconds after an event of the run log until a worker has made notifications of it, as a rule. */
const SOON = 2500;
/** Milliseconds between two looks: dates that are missed and datasets that grow stale are no events. */
const EVERY = 60_000;

/** What one is told of stands in JupyterLab's own notification centre, whose bell counts it, until it has been read here or anywhere. */
export const notificationsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:notifications',
  description: 'Shows Workbench notifications in JupyterLab’s notification centre.',
  autoStart: true,
  requires: [IWorkbenchHost],
  activate: (app: JupyterFrontEnd, host: Host): void => {
    /** The centre's entry of each unread notification. */
    const shown = new Map<string, string>();
    const forget = (id: string): void => {
      const entry = shown.get(id);
      shown.delete(id);
      if (entry !== undefined) {
        Notification.dismiss(entry);
      }
    };
    const show = (each: PersonalNotification): void => {
      const { pipeline, run_id: run } = each.facts;
      void (pipeline && run ? openRun(host, pipeline, run) : host.open({ kind: 'pipelines', tab: 'notifications' }));
    };
    const add = (each: PersonalNotification, toast: boolean): void => {
      const run = each.facts.run_id;
      const there = run === undefined ? undefined : told.get(run);
      if (there !== undefined && Notification.manager.has(there)) {
        shown.set(each.id, there);
        return;
      }
      const entry = Notification.emit(`${each.title}. ${each.error ?? each.text}`, LOOKS[each.event], {
        autoClose: toast ? 8000 : 0,
        actions: [{ label: 'Show', callback: () => show(each) }]
      });
      shown.set(each.id, entry);
      if (run !== undefined) {
        told.set(run, entry);
      }
    };
    const look = async (toast: boolean): Promise<void> => {
      try {
        const unread = await host.call('notifications.list', { unread: true });
        const ids = new Set(unread.map(each => each.id));
        [...shown.keys()].filter(id => !ids.has(id)).forEach(forget);
        // The newest comes last, and stands first.
        unread
          .filter(each => !shown.has(each.id))
          .reverse()
          .forEach(each => add(each, toast));
      } catch {
        // There is no workspace here, or it is not running: the panels say so.
      }
    };
    Notification.manager.changed.connect((_, { type, notification }) => {
      if (type === 'removed') {
        const read = [...shown].filter(([, entry]) => entry === notification.id).map(([id]) => id);
        read.forEach(id => shown.delete(id));
        if (read.length > 0) {
          void host.call('notifications.read', { ids: read }).catch(() => undefined);
        }
      }
    });
    /** Looks that are due: one soon, and one for a worker that takes its time. Where runs end all the time, each is made nonetheless. */
    const due = new Set<number>();
    const lookIn = (later: number): void => {
      if (!due.has(later)) {
        due.add(later);
        setTimeout(() => {
          due.delete(later);
          void look(true);
        }, later);
      }
    };
    void app.restored.then(async () => {
      await look(false);
      host.subscribe(event => {
        if (event === null || AFTER.has(event.type)) {
          lookIn(SOON);
          lookIn(4 * SOON);
        }
      });
      setInterval(() => {
        if (!document.hidden) {
          void look(true);
        }
      }, EVERY);
    });
  }
};
