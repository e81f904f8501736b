import * as React from 'react';
import { Icon } from './Icon';
import type { IconName } from './Icon';
import { STATE_ICONS } from './State';
import type { Tone } from './State';

export interface IListRowProps {
  icon?: IconName;
  /** Colours the icon after a state that is also told in words. */
  tone?: Tone;
  /** The object's name, shown as it is. */
  name: string;
  /** A state or marks behind the name. */
  marks?: React.ReactNode;
  /** The second line. */
  detail?: React.ReactNode;
  /** On the right: a figure, a small chart, a time. */
  aside?: React.ReactNode;
  title?: string;
  onOpen: () => void;
  /** The actions stay in view. */
  pinned?: boolean;
  /** Small buttons that appear on hover and focus. */
  actions?: React.ReactNode;
}

/** One object in a side panel's list. */
export function ListRow(props: IListRowProps): JSX.Element {
  const { tone } = props;
  const icon = props.icon ?? (tone && STATE_ICONS[tone]);
  const spins = tone === 'busy' && !props.icon ? ' jp-mod-spinning' : '';
  return (
    <li
      className={`jp-mlnb-ListRow${props.pinned ? ' jp-mod-pinned' : ''}`}
      title={props.title}
    >
      <button
        type="button"
        className="jp-mlnb-ListRow-main"
        onClick={props.onOpen}
      >
        {icon && (
          <Icon
            name={icon}
            className={tone && `jp-mlnb-Tone jp-mod-${tone}${spins}`}
          />
        )}
        <span className="jp-mlnb-ListRow-texts">
          <span className="jp-mlnb-ListRow-line">
            <bdi className="jp-mlnb-ListRow-name">{props.name}</bdi>
            {props.marks}
          </span>
          {props.detail && (
            <span className="jp-mlnb-ListRow-detail">{props.detail}</span>
          )}
        </span>
        {props.aside && (
          <span className="jp-mlnb-ListRow-aside">{props.aside}</span>
        )}
      </button>
      {props.actions && (
        <span className="jp-mlnb-ListRow-actions">{props.actions}</span>
      )}
    </li>
  );
}

export function List(props: {
  label: string;
  children: React.ReactNode;
}): JSX.Element {
  return (
    <ul className="jp-mlnb-List" aria-label={props.label}>
      {props.children}
    </ul>
  );
}
