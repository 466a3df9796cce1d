import { type Render } from '@anywidget/types';
import { type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { type Model, WidgetHost } from './WidgetHost.js';

/** Draw a panel into a notebook's cell. */
export function mount(panel: (host: WidgetHost, options: Record<string, unknown>) => ReactElement): { render: Render<Model> } {
  return {
    render({ model, el }) {
      const host = new WidgetHost(model);
      el.classList.add('wb-widget');
      el.style.height = `${model.get('_height')}px`;
      // Lab's shortcuts and its own scrolling by keys stop at the panel.
      el.dataset.lmSuppressShortcuts = 'true';
      const root = createRoot(el);
      root.render(panel(host, model.get('_options')));
      return () => {
        root.unmount();
        host.dispose();
      };
    }
  };
}
