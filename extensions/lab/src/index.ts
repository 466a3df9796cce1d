import { type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { backgroundPlugin } from './plugins/background';
import { catalogPlugin } from './plugins/catalog';
import { compliancePlugin } from './plugins/compliance';
import { datasetPlugin } from './plugins/dataset';
import { endingsPlugin } from './plugins/endings';
import { hostPlugin } from './plugins/host';
import { importPlugin } from './plugins/import';
import { launcherPlugin } from './plugins/launcher';
import { lineagePlugin } from './plugins/lineage';
import { notificationsPlugin } from './plugins/notifications';
import { pipelinePlugin } from './plugins/pipeline';
import { pipelineDocumentPlugin } from './plugins/pipelineDocument';
import { pipelinesPlugin } from './plugins/pipelines';
import { runsPlugin } from './plugins/runs';
import { samplePlugin } from './plugins/sample';
import { schedulePlugin } from './plugins/schedule';
import { sqlPlugin } from './plugins/sql';

export { Commands, IWorkbenchHost } from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  hostPlugin,
  backgroundPlugin,
  catalogPlugin,
  compliancePlugin,
  datasetPlugin,
  endingsPlugin,
  importPlugin,
  lineagePlugin,
  notificationsPlugin,
  pipelinePlugin,
  pipelineDocumentPlugin,
  pipelinesPlugin,
  runsPlugin,
  samplePlugin,
  schedulePlugin,
  sqlPlugin,
  launcherPlugin
];
export default plugins;
