import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { type IDocumentWidget } from '@jupyterlab/docregistry';
import { type Host } from '@workbench/panels/host';
import { runsIcon } from '../icons';
import { PipelineFactory } from '../pipelineDocument';
import { Commands, IWorkbenchHost } from '../tokens';

const FACTORY = 'Pipeline';
const TYPE = 'workbench-pipeline';

/** A `pipeline.yaml` opens as a graph with forms. What is edited is JupyterLab's own text: "Open With > Editor" shows the same. */
export const pipelineDocumentPlugin: JupyterFrontEndPlugin<void> = {
  id: 'workbench:pipeline-document',
  description: 'Shows a pipeline.yaml as a graph with a form for each step.',
  autoStart: true,
  requires: [IWorkbenchHost, IDocumentManager],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, host: Host, documents: IDocumentManager, restorer: ILayoutRestorer | null): void => {
    // By its name alone: other YAML stays with the text editor.
    app.docRegistry.addFileType({ name: TYPE, displayName: 'Pipeline', mimeTypes: ['text/x-yaml'], extensions: [], pattern: '^pipeline\\.yaml$', fileFormat: 'text', contentType: 'file', icon: runsIcon });
    const tracker = new WidgetTracker<IDocumentWidget>({ namespace: 'workbench-pipeline-document' });
    const schedule = (path: string) => void app.commands.execute(Commands.schedule, { path });
    const factory = new PipelineFactory({ name: FACTORY, modelName: 'text', fileTypes: [TYPE], defaultFor: [TYPE] }, { host, documents, schedule });
    factory.widgetCreated.connect((_, widget) => {
      widget.title.icon = runsIcon;
      widget.context.pathChanged.connect(() => void tracker.save(widget));
      void tracker.add(widget);
    });
    app.docRegistry.addWidgetFactory(factory);
    void restorer?.restore(tracker, { command: 'docmanager:open', args: widget => ({ path: widget.context.path, factory: FACTORY }), name: widget => widget.context.path });
  }
};
