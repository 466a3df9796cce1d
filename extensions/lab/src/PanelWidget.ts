import { type ReactElement } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { Widget } from '@lumino/widgets';

/**
 * A Lumino widget around a React panel. The panel's code is loaded when the widget is first shown, so that JupyterLab
 * starts as fast as without it.
 */
export class PanelWidget extends Widget {
  private root: Root | null = null;

  constructor(private readonly draw: () => Promise<ReactElement>) {
    super();
    this.addClass('wb-host');
    this.node.tabIndex = -1;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.root?.unmount();
      this.root = null;
      super.dispose();
    }
  }

  /** Draw again, with what `draw` now gives. */
  async redraw(): Promise<void> {
    const element = await this.draw();
    if (!this.isDisposed) {
      // Each root counts its ids from the beginning: without a word of its own a label of one panel names a field of another.
      this.root ??= createRoot(this.node, { identifierPrefix: `wb${Math.random().toString(36).slice(2)}` });
      // At once, so that what asked for the focus before there was anything gets it.
      flushSync(() => this.root!.render(element));
      if (document.activeElement === this.node) {
        this.focusFirst();
      }
    }
  }

  protected override onAfterShow(): void {
    this.begin();
  }

  protected override onAfterAttach(): void {
    if (this.isVisible) {
      this.begin();
    }
  }

  protected override onActivateRequest(): void {
    this.focusFirst();
  }

  private focusFirst(): void {
    // Not the tab that is not shown, nor what is hidden or disabled.
    const able = [...this.node.querySelectorAll<HTMLElement>('[role=tree], input, button, select')];
    const first = this.node.querySelector<HTMLElement>('.cm-content') ?? able.find(each => each.tabIndex >= 0 && !each.matches(':disabled') && each.getClientRects().length > 0);
    (first ?? this.node).focus();
  }

  private begin(): void {
    if (!this.root) {
      void this.redraw();
    }
  }
}
