import { type IDocumentManager } from '@jupyterlab/docmanager';
import { ABCWidgetFactory, type DocumentRegistry, DocumentWidget } from '@jupyterlab/docregistry';
import { PathExt } from '@jupyterlab/coreutils';
import { type Drag } from '@lumino/dragdrop';
import { type Message } from '@lumino/messaging';
import { type Host } from '@workbench/panels/host';
import { type PipelineSource } from '@workbench/panels';
import { createElement } from 'react';
import { difference } from './difference';
import { PanelWidget } from './PanelWidget';

/** What the file browser puts into a drag. */
const PATHS = 'application/x-jupyter-icontents';
const STEPS = /\.(ipynb|sql|py)$/;

interface Services {
  host: Host;
  documents: IDocumentManager;
  schedule: (path: string) => void;
}

/** JupyterLab's own text of the file: saving, undoing, reverting and other editors of the same file go on working. */
function sourceOf(context: DocumentRegistry.CodeContext, { documents, schedule }: Services): PipelineSource & { dropped: (paths: string[]) => Promise<void> } {
  const { model } = context;
  const { contents } = documents.services;
  const listeners = new Set<(files: string[]) => void>();
  const open = (path: string, factory?: string) => void documents.openOrReveal(path, factory);
  return {
    get path() {
      return contents.localPath(context.path);
    },
    get readOnly() {
      return model.readOnly;
    },
    text: () => model.sharedModel.getSource(),
    replace: text => {
      // Changes that follow each other within half a second would be undone as one.
      (model.sharedModel as { undoManager?: { stopCapturing(): void } | null }).undoManager?.stopCapturing();
      const { start, end, words } = difference(model.sharedModel.getSource(), text);
      model.sharedModel.updateSource(start, end, words);
    },
    undo: () => model.sharedModel.undo(),
    redo: () => model.sharedModel.redo(),
    save: () => (model.dirty ? context.save() : Promise.resolve()),
    onChange: listener => {
      model.contentChanged.connect(listener);
      return () => model.contentChanged.disconnect(listener);
    },
    onDropped: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    openText: () => open(context.path, 'Editor'),
    openFile: path => open(path),
    schedule: () => schedule(context.path),
    dropped: async paths => {
      const folder = PathExt.dirname(context.path);
      const files: string[] = [];
      for (const path of paths.filter(each => STEPS.test(each))) {
        const inside = folder === '' || path.startsWith(`${folder}/`);
        // What a step runs lies in the pipeline's folder: the original stays where it is.
        files.push(inside ? PathExt.relative(folder, path) : (await contents.copy(path, folder)).name);
      }
      listeners.forEach(tell => tell(files));
    }
  };
}

/** The panel of a document: files of the file browser can be dropped on it. */
class PipelineContent extends PanelWidget {
  constructor(
    { host }: Services,
    private readonly source: ReturnType<typeof sourceOf>
  ) {
    super(async () => createElement((await import('@workbench/panels')).PipelineEditor, { host, source }));
  }

  handleEvent(event: Event): void {
    const drag = event as Drag.Event;
    const paths = (drag.mimeData.getData(PATHS) as string[] | undefined) ?? [];
    if (this.source.readOnly || !paths.some(path => STEPS.test(path))) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    drag.dropAction = drag.proposedAction;
    this.node.toggleAttribute('data-dropping', event.type === 'lm-dragenter' || event.type === 'lm-dragover');
    if (event.type === 'lm-drop') {
      void this.source.dropped(paths);
    }
  }

  protected override onAfterAttach(): void {
    super.onAfterAttach();
    for (const type of EVENTS) {
      this.node.addEventListener(type, this);
    }
  }

  protected override onBeforeDetach(message: Message): void {
    for (const type of EVENTS) {
      this.node.removeEventListener(type, this);
    }
    super.onBeforeDetach(message);
  }
}

const EVENTS = ['lm-dragenter', 'lm-dragleave', 'lm-dragover', 'lm-drop'];

/** Makes the graph of a `pipeline.yaml`. */
export class PipelineFactory extends ABCWidgetFactory<DocumentWidget<PanelWidget, DocumentRegistry.ICodeModel>, DocumentRegistry.ICodeModel> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions,
    private readonly services: Services
  ) {
    super(options);
  }

  protected createNewWidget(context: DocumentRegistry.CodeContext): DocumentWidget<PanelWidget, DocumentRegistry.ICodeModel> {
    const source = sourceOf(context, this.services);
    const content = new PipelineContent(this.services, source);
    const widget = new DocumentWidget({ content, context });
    widget.toolbar.hide();
    return widget;
  }
}
