import { type DragEventHandler, type ReactNode, useEffect, useState } from 'react';
import { type Host } from '../host.js';

/** The root of every panel: theme, type and size, and nothing that leaks out. */
export function Panel(props: {
  host: Host;
  label: string;
  className: string;
  children: ReactNode;
  onDragOver?: DragEventHandler;
  onDragLeave?: DragEventHandler;
  onDrop?: DragEventHandler;
}) {
  const { host } = props;
  const [theme, setTheme] = useState(() => host.theme());
  useEffect(() => host.onTheme(setTheme), [host]);
  return (
    <section
      className={`wb-panel ${props.className}`}
      data-wb-theme={theme}
      aria-label={props.label}
      onDragOver={props.onDragOver}
      onDragLeave={props.onDragLeave}
      onDrop={props.onDrop}
    >
      {props.children}
    </section>
  );
}
