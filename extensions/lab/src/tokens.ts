import { Token } from '@lumino/coreutils';
import { type Host } from '@workbench/panels/host';

/** The host that panels in JupyterLab see. Another extension's panel may ask for it too. */
export const IWorkbenchHost = new Token<Host>('workbench:IWorkbenchHost', 'What a Workbench panel sees: calls, events, theme, places to open.');

/** The commands through which everything is opened, by other extensions as well. */
export const Commands = {
  background: 'workbench:run-in-background',
  catalog: 'workbench:show-catalog',
  compliance: 'workbench:show-compliance',
  dataset: 'workbench:show-dataset',
  import: 'workbench:show-import',
  lineage: 'workbench:show-lineage',
  pipeline: 'workbench:show-pipeline',
  pipelines: 'workbench:show-pipelines',
  runs: 'workbench:show-runs',
  sample: 'workbench:show-rows',
  schedule: 'workbench:schedule',
  sql: 'workbench:open-sql',
  experiments: 'workbench:show-experiments',
  tutorial: 'workbench:open-tutorial'
} as const;

/** The part of an address that names a pipeline whose run is to be shown: somebody has shared it. */
export const LINK = 'workbench-pipeline';
