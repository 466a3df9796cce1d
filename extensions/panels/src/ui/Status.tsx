import { type RunStatus } from '../records.js';

/** A run's status: the colour and its word. */
export const Status = ({ status }: { status: RunStatus | 'open' }) => <span className={`wb-status wb-status-${status}`}>{status}</span>;
