import * as React from 'react';
import { Icon } from './Icon';
import type { IconName } from './Icon';

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'idle' | 'accent';

/** The picture of each state. */
export const STATE_ICONS: Record<Tone, IconName> = {
  good: 'check',
  bad: 'error',
  warn: 'alert',
  busy: 'spinner',
  idle: 'pause',
  accent: 'info'
};

export interface IStateProps {
  tone: Tone;
  /** The state in words: never told by colour alone. */
  label: string;
  icon?: IconName;
  title?: string;
}

/** A state as icon, word and colour. */
export function State({ tone, label, icon, title }: IStateProps): JSX.Element {
  return (
    <span className={`jp-mlnb-State jp-mod-${tone}`} title={title}>
      <Icon
        name={icon ?? STATE_ICONS[tone]}
        className={tone === 'busy' && !icon ? 'jp-mod-spinning' : undefined}
      />
      <span>{label}</span>
    </span>
  );
}

/** A short mark beside a name: an alias, a stage, a key. */
export function Tag(props: {
  label: string;
  tone?: Tone;
  icon?: IconName;
  title?: string;
}): JSX.Element {
  return (
    <span
      className={`jp-mlnb-Tag jp-mod-${props.tone ?? 'idle'}`}
      title={props.title}
    >
      {props.icon && <Icon name={props.icon} />}
      <bdi>{props.label}</bdi>
    </span>
  );
}
