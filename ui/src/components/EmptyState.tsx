import * as React from 'react';
import { Icon } from './Icon';
import type { IconName } from './Icon';

export interface IEmptyStateProps {
  icon: IconName;
  title: string;
  /** What fills this place, in a sentence or two. */
  text?: React.ReactNode;
  /** Buttons that do it. */
  children?: React.ReactNode;
}

/** An empty place that teaches how it is filled. */
export function EmptyState(props: IEmptyStateProps): JSX.Element {
  return (
    <div className="jp-mlnb-EmptyState" role="status">
      <Icon name={props.icon} />
      <p className="jp-mlnb-EmptyState-title">{props.title}</p>
      {props.text && <p className="jp-mlnb-EmptyState-text">{props.text}</p>}
      {props.children && (
        <div className="jp-mlnb-EmptyState-actions">{props.children}</div>
      )}
    </div>
  );
}
