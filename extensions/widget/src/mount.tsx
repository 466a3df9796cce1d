import { type Render } from '@anywidget/types';
import { type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { type Model, WidgetHost } from './WidgetHost.js';

/** Draw a panel into a notebook's cell. */
export function mount(panel: (host: WidgetHost, options: Record<string, unknown>) => ReactElement): { render: Render<Model> } {
  return {
    render({ model, el }) {
      const host = new WidgetHost(model);
      // An element of our own: the size of `el` belongs to the widget's layout.
      const box = el.appendChild(document.createElement('div'));
      box.className = 'wb-widget';
      box.style.height = `${model.get('_height')}px`;
      // Lab's shortcuts stop at the panel.
      box.dataset.lmSuppressShortcuts = 'true';
      const root = createRoot(box);
      root.render(panel(host, model.get('_options')));
      return () => {
        root.unmount();
        host.dispose();
      };
    }
  };
}
