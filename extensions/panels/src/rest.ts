/** What a host needs of the panels' package, without the panels: contract, records, exact JSON. */
export * from './host.js';
export { parseJson } from './json.js';
export type * from './records.js';
export { openRun } from './pipelines/openRun.js';
export { copyText } from './ui/copyText.js';
export { saveBlob } from './ui/saveBlob.js';
