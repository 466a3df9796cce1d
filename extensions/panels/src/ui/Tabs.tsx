import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';

/** Tabs by ARIA's pattern; the shown panel is the only one that exists. */
export function Tabs<T extends string>(props: {
  label: string;
  tabs: readonly (readonly [T, string])[];
  current: T;
  onChange: (tab: T) => void;
  children: ReactNode;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const shown = props.current;
  // Where there are many, the list scrolls.
  useEffect(() => {
    const box = list.current!;
    if (box.scrollHeight > box.clientHeight) {
      box.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
    }
  }, [shown]);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const index = props.tabs.findIndex(([key]) => key === props.current);
    const n = props.tabs.length;
    const to = { ArrowRight: (index + 1) % n, ArrowLeft: (index + n - 1) % n, Home: 0, End: n - 1 }[event.key];
    if (to !== undefined) {
      props.onChange(props.tabs[to]![0]);
      (event.currentTarget.children[to] as HTMLElement).focus();
      event.preventDefault();
    }
  };
  return (
    <>
      <div ref={list} className="wb-tabs" role="tablist" aria-label={props.label} onKeyDown={onKeyDown}>
        {props.tabs.map(([key, word]) => (
          <button
            key={key}
            type="button"
            role="tab"
            id={`${id}-${key}`}
            aria-selected={key === props.current}
            aria-controls={`${id}-panel`}
            tabIndex={key === props.current ? 0 : -1}
            onClick={() => props.onChange(key)}
          >
            {word}
          </button>
        ))}
      </div>
      <div className="wb-tabpanel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${props.current}`}>
        {props.children}
      </div>
    </>
  );
}
