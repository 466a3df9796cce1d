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

/** Panels that are told apart by a text, each opened once. Restored with the layout by `command`, which is given it as the argument `key`. */
function keyed(
  app: JupyterFrontEnd,
  restorer: ILayoutRestorer | null,
  of: {
    kind: string;
    command: string;
    key: string;
    type: string;
    icon: LabIcon;
    label: (id: string) => string;
    caption?: (id: string) => string;
    draw: (id: string) => Promise<ReactElement>;
  }
) {
  const tracker = new WidgetTracker<MainPanel>({ namespace: ofWorkspace(of.kind) });
  const ids = new WeakMap<MainPanel, string>();
  const idOf = (widget: MainPanel) => ids.get(widget) ?? '';
  void restorer?.restore(tracker, { command: of.command, args: widget => ({ [of.key]: idOf(widget) }), name: idOf });
  keepAll(app, tracker, of.type);
  const find = (id: string) => tracker.find(each => idOf(each) === id);
  const current = () => (tracker.currentWidget ? idOf(tracker.currentWidget) : null);
  /** `known`: it was open before. */
  const open = (id: string): { widget: MainPanel; known: boolean } => {
    const known = find(id);
    const widget = known ?? mainPanel(() => of.draw(id), { id: `workbench-${of.kind}-${id}`, label: of.label(id), caption: of.caption?.(id), icon: of.icon });
    if (!known) {
      ids.set(widget, id);
      app.shell.add(widget, 'main', { type: of.type });
      void tracker.add(widget);
    }
    app.shell.activateById(widget.id);
    return { widget, known: known !== undefined };
  };
  return { open, find, current };
}

/** Panels of which there may be any number, each with a name of its own. Restored with the layout by `command`. */
export function several(
  app: JupyterFrontEnd,
  restorer: ILayoutRestorer | null,
  of: { kind: string; command: string; icon: LabIcon; label: (id: string) => string; draw: (id: string) => Promise<ReactElement> }
) {
  const { open, find, current } = keyed(app, restorer, { ...of, key: 'id', type: of.kind });
  const rename = (id: string, name: string) => {
    const widget = find(id);
    if (widget) {
      widget.title.label = name || of.label(id);
    }
  };
  // What was written in one that was closed is there again in the next.
  const free = () => {
    let number = 1;
    while (find(String(number))) {
      number += 1;
    }
    return String(number);
  };
  return { open, rename, current, free };
}

/** Panels of which each dataset (or what else `type` says) has one. Restored with the layout by `command`; returns what opens that of a name. */
export function perName(
  app: JupyterFrontEnd,
  restorer: ILayoutRestorer | null,
  of: { kind: string; command: string; type?: string; icon: LabIcon; caption: (name: string) => string; draw: (name: string) => Promise<ReactElement> }
): (name: unknown) => { widget: MainPanel; known: boolean } {
  const { open } = keyed(app, restorer, { type: 'Dataset', ...of, key: 'name', label: name => name });
  return name => {
    if (typeof name !== 'string') {
      throw new WorkbenchError(`No ${(of.type ?? 'Dataset').toLowerCase()} was named.`, 'invalid_input', 'Give its name as the argument `name`.');
    }
    return open(name);
  };
}
