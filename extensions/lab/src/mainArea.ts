import { type ILayoutRestorer, type JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { type LabIcon } from '@jupyterlab/ui-components';
import { WorkbenchError } from '@workbench/panels/host';
import { type ReactElement } from 'react';
import { ofWorkspace } from './kept';
import { PanelWidget } from './PanelWidget';

export type MainPanel = MainAreaWidget<PanelWidget>;
type Draw = () => Promise<ReactElement>;

interface Title {
  id: string;
  label: string;
  caption?: string;
  icon: LabIcon;
}

function mainPanel(draw: Draw, title: Title): MainPanel {
  const widget = new MainAreaWidget({ content: new PanelWidget(draw) });
  widget.toolbar.hide();
  widget.id = title.id;
  widget.title.label = title.label;
  widget.title.caption = title.caption ?? '';
  widget.title.icon = title.icon;
  widget.title.closable = true;
  return widget;
}

/** The layout that JupyterLab has kept may be another workspace's, without the panels that were open in this one: they come back behind its own. */
function keepAll(app: JupyterFrontEnd, tracker: WidgetTracker<MainPanel>, type: string): void {
  const back = (widget: MainPanel) => widget.isAttached || app.shell.add(widget, 'main', { type, activate: false });
  void app.restored.then(() => tracker.forEach(back));
}

/** A panel of which there is one, whatever it is asked to show. Restored with the layout by `command`; returns what opens it. */
export function single(
  app: JupyterFrontEnd,
  restorer: ILayoutRestorer | null,
  of: { kind: string; command: string; label: string; icon: LabIcon; draw: Draw }
): () => MainPanel {
  const tracker = new WidgetTracker<MainPanel>({ namespace: ofWorkspace(of.kind) });
  void restorer?.restore(tracker, { command: of.command, name: () => of.kind });
  keepAll(app, tracker, of.label);
  return () => {
    const known = tracker.currentWidget;
    const widget = known ?? mainPanel(of.draw, { ...of, id: `workbench-${of.kind}` });
    if (known) {
      void known.content.redraw();
    } else {
      void tracker.add(widget);
    }
    if (!widget.isAttached) {
      app.shell.add(widget, 'main', { type: of.label });
    }
    app.shell.activateById(widget.id);
    return widget;
  };
}

/** Panels of which there may be any number, each with a name of its own. Restored with the layout by `command`. */
export function several(
  app: JupyterFrontEnd,
  restorer: ILayoutRestorer | null,
  of: { kind: string; command: string; icon: LabIcon; label: (id: string) => string; draw: (id: string) => Promise<ReactElement> }
): { open: (id: string) => MainPanel; rename: (id: string, name: string) => void; current: () => string | null; free: () => string } {
  const tracker = new WidgetTracker<MainPanel>({ namespace: ofWorkspace(of.kind) });
  const ids = new WeakMap<MainPanel, string>();
  const idOf = (widget: MainPanel) => ids.get(widget) ?? '';
  void restorer?.restore(tracker, { command: of.command, args: widget => ({ id: idOf(widget) }), name: idOf });
  keepAll(app, tracker, of.kind);
  const open = (id: string) => {
    const known = tracker.find(each => idOf(each) === id);
    const widget = known ?? mainPanel(() => of.draw(id), { id: `workbench-${of.kind}-${id}`, label: of.label(id), icon: of.icon });
    if (!known) {
      ids.set(widget, id);
      app.shell.add(widget, 'main', { type: of.kind });
      void tracker.add(widget);
    }
    app.shell.activateById(widget.id);
    return widget;
  };
  const rename = (id: string, name: string) => {
    const widget = tracker.find(each => idOf(each) === id);
    if (widget) {
      widget.title.label = name || of.label(id);
    }
  };
  const current = () => (tracker.currentWidget ? idOf(tracker.currentWidget) : null);
  // What was written in one that was closed is there again in the next.
  const free = () => {
    let number = 1;
    while (tracker.find(each => idOf(each) === String(number))) {
      number += 1;
    }
    return String(number);
  };
  return { open, rename, current, free };
}

/** Panels of which each dataset has one. Restored with the layout by `command`; returns what opens that of a dataset. */
export function perDataset(
  app: JupyterFrontEnd,
  restorer: ILayoutRestorer | null,
  of: { kind: string; command: string; icon: LabIcon; caption: (name: string) => string; draw: (name: string) => Promise<ReactElement> }
): (name: unknown) => { widget: MainPanel; known: boolean } {
  const tracker = new WidgetTracker<MainPanel>({ namespace: ofWorkspace(of.kind) });
  const names = new WeakMap<MainPanel, string>();
  const nameOf = (widget: MainPanel) => names.get(widget) ?? '';
  void restorer?.restore(tracker, { command: of.command, args: widget => ({ name: nameOf(widget) }), name: nameOf });
  keepAll(app, tracker, 'Dataset');
  return name => {
    if (typeof name !== 'string') {
      throw new WorkbenchError('No dataset was named.', 'invalid_input', 'Give its name as the argument `name`.');
    }
    const known = tracker.find(each => nameOf(each) === name);
    const widget = known ?? mainPanel(() => of.draw(name), { id: `workbench-${of.kind}-${name}`, label: name, caption: of.caption(name), icon: of.icon });
    if (!known) {
      names.set(widget, name);
      app.shell.add(widget, 'main', { type: 'Dataset' });
      void tracker.add(widget);
    }
    app.shell.activateById(widget.id);
    return { widget, known: known !== undefined };
  };
}
