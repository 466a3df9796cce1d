import { type ReactNode } from 'react';
import { Icon } from './Icon.js';

/** A caret with words; what they name stands open below. */
export const Disclosure = (props: { open: boolean; onToggle: () => void; title?: string; disabled?: boolean; children: ReactNode }) => (
  <button type="button" className="wb-column-name" aria-expanded={props.open} title={props.title} disabled={props.disabled} onClick={props.onToggle}>
    <span className="wb-caret" data-open={props.open || undefined}>
      <Icon name="caretRight" />
    </span>
    {props.children}
  </button>
);
