import { type RunEvent } from '../records.js';
import { changesAccess } from '../ui/useEvents.js';

/** Whether `event` may change what is told of the dataset: it was written to, assessed, something was said of it, or another policy is in force. */
export function concerns(event: RunEvent, name: string): boolean {
  if (changesAccess(event)) {
    return true;
  }
  const changes = event.type === 'run.wrote' || event.type.startsWith('dataset.');
  return changes && (event.body.name === name || event.body.dataset === name || event.body.name === undefined);
}
