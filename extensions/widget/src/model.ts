import { type AnyModel } from '@anywidget/types';

/** What is synchronised with Python's `workbench.panels.widgets`. */
export interface Model {
  /** What the panel remembers. */
  _kept: Record<string, unknown>;
  _height: number;
  /** Panel's own arguments. */
  _options: Record<string, unknown>;
}

type Listener = Parameters<AnyModel<Model>['on']>[1];

/** What a panel needs of whatever holds it, a widget of Jupyter's or a component of Panel's. */
export interface Wire {
  readonly kept: Record<string, unknown>;
  readonly height: number;
  readonly options: Record<string, unknown>;
  keep(values: Record<string, unknown>): void;
  send(message: object, pieces?: ArrayBuffer[]): void;
  /** Returns the unsubscription. */
  hear(listener: Listener): () => void;
}

/** The model that Panel hands to a `JSComponent`: `workbench.panels.dashboard`'s. */
export interface PanelModel {
  kept: Record<string, unknown>;
  pixels: number;
  options: Record<string, unknown>;
  send_msg(message: object): void;
  on(event: 'msg:custom', listener: Listener): void;
  off(event: 'msg:custom', listener: Listener): void;
}

function base64(piece: ArrayBuffer): string {
  let text = '';
  const bytes = new Uint8Array(piece);
  // In parts: a function takes only so many arguments.
  for (let place = 0; place < bytes.length; place += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(place, place + 0x8000));
  }
  return btoa(text);
}

const overWidget = (model: AnyModel<Model>): Wire => ({
  kept: model.get('_kept'),
  height: model.get('_height'),
  options: model.get('_options'),
  keep: values => {
    model.set('_kept', values);
    model.save_changes();
  },
  send: (message, pieces) => model.send(message, undefined, pieces),
  hear: listener => {
    model.on('msg:custom', listener);
    return () => model.off('msg:custom', listener);
  }
});

const overPanel = (model: PanelModel): Wire => ({
  kept: model.kept,
  height: model.pixels,
  options: model.options,
  keep: values => {
    model.kept = values;
  },
  send: (message, pieces) => model.send_msg(pieces ? { ...message, pieces: pieces.map(base64) } : message),
  hear: listener => {
    model.on('msg:custom', listener);
    return () => model.off('msg:custom', listener);
  }
});

// Not `in`: Panel's model is a proxy that knows only what it is asked for.
const isPanels = (model: AnyModel<Model> | PanelModel): model is PanelModel => typeof (model as Partial<PanelModel>).send_msg === 'function';

export const wireOf = (model: AnyModel<Model> | PanelModel): Wire => isPanels(model) ? overPanel(model) : overWidget(model);
