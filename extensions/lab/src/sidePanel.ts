import { type ILabShell, type ILayoutRestorer, type JupyterFrontEnd } from '@jupyterlab/application';
import { type LabIcon } from '@jupyterlab/ui-components';
import { type PanelWidget } from './PanelWidget';

/** Put a panel into the left side bar, restored with the layout; returns what brings it to the front. */
export function sidePanel(
  app: JupyterFrontEnd,
  restorer: ILayoutRestorer | null,
  shell: ILabShell | null,
  widget: PanelWidget,
  of: { id: string; label: string; icon: LabIcon; rank: number }
): () => void {
  widget.id = of.id;
  widget.title.icon = of.icon;
  widget.title.caption = of.label;
  app.shell.add(widget, 'left', { rank: of.rank, type: of.label });
  restorer?.add(widget, of.id);
  return () => {
    shell?.expandLeft();
    app.shell.activateById(of.id);
  };
}
