import { type KeyboardEvent, type ReactNode, useId } from 'react';

/** Tabs by ARIA's pattern; the shown panel is the only one that exists. */
export function Tabs<T extends string>(props: {
  label: string;
  tabs: readonly (readonly [T, string])[];
  current: T;
  onChange: (tab: T) => void;
  children: ReactNode;
}) {
  const id = useId();
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      const index = props.tabs.findIndex(([key]) => key === props.current);
      const to = (index + step + props.tabs.length) % props.tabs.length;
      props.onChange(props.tabs[to]![0]);
      (event.currentTarget.children[to] as HTMLElement).focus();
      event.preventDefault();
    }
  };
  return (
    <>
      <div className="wb-tabs" role="tablist" aria-label={props.label} onKeyDown={onKeyDown}>
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
