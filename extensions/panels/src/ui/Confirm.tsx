import { type ReactNode, useEffect, useRef } from 'react';
import { Button } from './Button.js';

/** A question before something is done, where it was asked for. The focus is on what leaves all as it is; so does Escape. */
export function Confirm(props: { label: string; action: string; busy: boolean; onDo: () => void; onLeave: () => void; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.querySelector<HTMLElement>('.wb-edit-actions > :last-child')?.focus(), []);
  return (
    <div
      ref={box}
      className="wb-confirm"
      role="alertdialog"
      aria-label={props.label}
      data-lm-suppress-shortcuts="true"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          props.onLeave();
          event.stopPropagation();
        }
      }}
    >
      {props.children}
      <div className="wb-edit-actions wb-start wb-above">
        <Button primary disabled={props.busy} onClick={props.onDo}>
          {props.action}
        </Button>
        <Button onClick={props.onLeave}>Leave as it is</Button>
      </div>
    </div>
  );
}
