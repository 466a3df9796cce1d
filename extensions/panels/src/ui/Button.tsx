import { type MouseEvent, type ReactNode } from 'react';
import { Icon } from './Icon.js';
import { type IconName } from './icons.js';

/** A button of a toolbar: an icon with its words in the title. */
export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick: (event: MouseEvent<HTMLButtonElement>) => void;
  disabled?: boolean;
  pressed?: boolean;
  tabIndex?: number;
  busy?: boolean;
}) {
  return (
    <button
      type="button"
      className="wb-icon-button"
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      tabIndex={props.tabIndex}
      data-busy={props.busy || undefined}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** `submit`: the one that Enter in a field of the same form presses; what it does is the form's `onSubmit`. */
export function Button(props: {
  children: ReactNode;
  onClick?: () => void;
  primary?: boolean;
  submit?: boolean;
  title?: string;
  disabled?: boolean;
}) {
  return (
    <button
      type={props.submit ? 'submit' : 'button'}
      className={props.primary ? 'wb-button wb-primary' : 'wb-button'}
      title={props.title}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}
