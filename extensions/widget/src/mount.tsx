import { type AnyModel } from '@anywidget/types';
import { type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { type Model, type PanelModel, wireOf } from './model.js';
import { WidgetHost } from './WidgetHost.js';

export interface Given {
  model: AnyModel<Model> | PanelModel;
  el: HTMLElement;
}

/** Draw a panel into a notebook's cell, or into a dashboard. */
export function mount(panel: (host: WidgetHost, options: Record<string, unknown>) => ReactElement): {
  render: (given: Given) => () => void;
} {
  return {
    render({ model, el }) {
      const wire = wireOf(model);
      const host = new WidgetHost(wire);
      // An element of our own: the size of `el` belongs to the widget's layout.
      const box = el.appendChild(document.createElement('div'));
      box.className = 'wb-widget';
      box.style.height = `${wire.height}px`;
      // Lab's shortcuts stop at the panel.
      box.dataset.lmSuppressShortcuts = 'true';
      // Each root counts its ids from the beginning: without a word of its own a label of one panel names a field of another.
      const root = createRoot(box, { identifierPrefix: `wb${Math.random().toString(36).slice(2)}` });
      root.render(panel(host, wire.options));
      return () => {
        root.unmount();
        host.dispose();
      };
    }
  };
}
