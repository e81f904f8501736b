import * as React from 'react';
import { Icon } from './Icon';
import type { IconName } from './Icon';

export interface IButtonProps {
  label: string;
  icon?: IconName;
  /** Only the icon is drawn; the label is its accessible name and its tooltip. */
  iconOnly?: boolean;
  kind?: 'plain' | 'accept' | 'warn' | 'link';
  disabled?: boolean;
  pressed?: boolean;
  busy?: boolean;
  title?: string;
  /** -1 where the keyboard has another way to the same thing. */
  tabIndex?: number;
  onClick: (event: React.MouseEvent<HTMLButtonElement>) => void;
}

export function Button(props: IButtonProps): JSX.Element {
  const { label, icon, iconOnly, kind = 'plain', busy } = props;
  const shown = busy ? 'spinner' : icon;
  return (
    <button
      type="button"
      className={`jp-mlnb-Button jp-mod-${kind}${iconOnly ? ' jp-mod-icon' : ''}`}
      disabled={props.disabled || busy}
      tabIndex={props.tabIndex}
      aria-pressed={props.pressed}
      aria-busy={busy || undefined}
      aria-label={iconOnly ? label : undefined}
      title={props.title ?? (iconOnly ? label : undefined)}
      onClick={props.onClick}
    >
      {shown && (
        <Icon name={shown} className={busy ? 'jp-mod-spinning' : undefined} />
      )}
      {!iconOnly && <span>{label}</span>}
    </button>
  );
}
