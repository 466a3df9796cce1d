import { LabIcon } from '@jupyterlab/ui-components';
import { ICONS } from '@workbench/panels/icons';

export const catalogIcon = new LabIcon({ name: 'workbench:catalog', svgstr: ICONS.catalog });
export const complianceIcon = new LabIcon({ name: 'workbench:compliance', svgstr: ICONS.compliance });
export const lineageIcon = new LabIcon({ name: 'workbench:lineage', svgstr: ICONS.lineage });
export const backgroundIcon = new LabIcon({ name: 'workbench:background', svgstr: ICONS.background });
export const runsIcon = new LabIcon({ name: 'workbench:runs', svgstr: ICONS.runs });
export const scheduleIcon = new LabIcon({ name: 'workbench:schedule', svgstr: ICONS.schedule });
export const sqlIcon = new LabIcon({ name: 'workbench:sql', svgstr: ICONS.sql });
export const tableIcon = new LabIcon({ name: 'workbench:table', svgstr: ICONS.table });
export const datasetIcon = new LabIcon({ name: 'workbench:dataset', svgstr: ICONS.dataset });
export const importIcon = new LabIcon({ name: 'workbench:import', svgstr: ICONS.upload });
export const logoIcon = new LabIcon({ name: 'workbench:logo', svgstr: ICONS.workbench });
export const experimentsIcon = new LabIcon({ name: 'workbench:experiments', svgstr: ICONS.experiments });
export const tutorialIcon = new LabIcon({ name: 'workbench:tutorial', svgstr: ICONS.tutorial });
