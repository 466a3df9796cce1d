import { type Host, type WorkbenchError } from '../host.js';
import { type PolicyVersion, type PolicyWarning } from '../records.js';
import { useDebounced, useResource } from '../ui/useResource.js';

/** What a person has written and not put in force yet, with the version that it was made from. */
export interface Draft {
  text: string | null;
  base: number | null;
}

export interface Checked {
  /** The text is another one than what is in force. */
  changed: boolean;
  /** It is being looked at still. */
  checking: boolean;
  error: WorkbenchError | undefined;
  /** It could be put in force as it stands. */
  right: boolean;
  /** What in it meets nothing there is. */
  warnings: readonly PolicyWarning[];
}

const NONE: readonly PolicyWarning[] = [];

const PAUSE = 400;

/** Whether a draft could be the policy, asked while it is written. */
export function useChecked(host: Host, draft: Draft, current: PolicyVersion | undefined): Checked {
  const { text } = draft;
  const changed = text !== null && current !== undefined && (current.version === 0 || text !== current.text);
  const settled = useDebounced(text, PAUSE);
  const asked = changed && settled !== null ? settled : null;
  const check = useResource(asked, signal => host.call('compliance.check', { text: asked ?? '' }, signal));
  const checking = changed && (settled !== text || check.loading);
  const right = changed && !checking && check.data !== undefined;
  return { changed, checking, error: changed && settled === text ? check.error : undefined, right, warnings: (right && check.data?.warnings) || NONE };
}

/** The line that an error is about, where it names one. */
export const lineOf = (error: WorkbenchError | undefined): number | null => (typeof error?.details.line === 'number' ? error.details.line : null);
