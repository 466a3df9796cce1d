import { type RunEvent } from '../records.js';
import { changesDatasets } from '../ui/useEvents.js';

/** Whether `event` may change what a view gives or what is said of it: one was made or described, or a dataset got other columns. */
export const concernsView = (event: RunEvent): boolean => changesDatasets(event);
