import { type RunEvent } from '../records.js';

/** Whether `event` may change what is told of the dataset: it was written to, assessed, or something was said of it. */
export function concerns(event: RunEvent, name: string): boolean {
  const changes = event.type === 'run.wrote' || event.type.startsWith('dataset.');
  return changes && (event.body.name === name || event.body.dataset === name || event.body.name === undefined);
}
