import { type ReactNode } from 'react';

/** A form that stands open in a page, its fields beside each other; Escape gives it up. */
export const LineForm = (props: { label: string; autoComplete?: 'off'; onSubmit: () => void; onCancel: () => void; children: ReactNode }) => (
  <form
    className="wb-form-line"
    aria-label={props.label}
    data-lm-suppress-shortcuts="true"
    autoComplete={props.autoComplete}
    onSubmit={event => {
      event.preventDefault();
      props.onSubmit();
    }}
    onKeyDown={event => event.key === 'Escape' && props.onCancel()}
  >
    {props.children}
  </form>
);
