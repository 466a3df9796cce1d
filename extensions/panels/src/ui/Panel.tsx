import { type DragEventHandler, type ReactNode, useEffect, useRef, useState } from 'react';
import { type Host } from '../host.js';
import { useFocusKept } from './useFocusKept.js';

/** The root of every panel: theme, type and size, where the focus is, and nothing that leaks out. */
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
  const root = useRef<HTMLElement>(null);
  useFocusKept(root);
  return (
    <section
      ref={root}
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
