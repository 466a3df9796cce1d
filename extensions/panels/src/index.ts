export { CatalogPanel, type CatalogProps } from './catalog/CatalogPanel.js';
export { LineagePanel, type LineageProps } from './lineage/LineagePanel.js';
export { SamplePanel } from './sample/SamplePanel.js';
export { RunsPanel } from './runs/RunsPanel.js';
export { PipelinesPage, type PipelinesPageProps } from './pipelines/PipelinesPage.js';
export { PipelinePage, type PipelinePageProps } from './pipelines/PipelinePage.js';
export { DatasetPage, type DatasetPageProps } from './dataset/DatasetPage.js';
export { ImportPage } from './ingest/ImportPage.js';
