import { type ReactNode } from 'react';
import { IconButton } from './Button.js';
import { Zone } from './Zone.js';

/** The first line of a dataset's or view's page. `facts` stand beside its name, what can be done with it (`children`) at the end. */
export function PageHead(props: {
  name: string;
  zone?: string;
  facts: ReactNode;
  busy: boolean;
  onReload: () => void;
  onBack?: () => void;
  children: ReactNode;
}) {
  return (
    <header className="wb-toolbar">
      {props.onBack && <IconButton icon="back" label="Back to the catalog" onClick={props.onBack} />}
      {props.zone && <Zone zone={props.zone} />}
      <h2 title={props.name}>{props.name}</h2>
      {props.facts}
      <span className="wb-gap" />
      <span className="wb-head-actions">
        {props.children}
        <IconButton icon="refresh" label="Read again" busy={props.busy} onClick={props.onReload} />
      </span>
    </header>
  );
}
