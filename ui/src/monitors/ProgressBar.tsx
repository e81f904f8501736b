import * as React from 'react';
import { formatPercent } from '../format';

export interface IProgressBarProps {
  label: string;
  done: number;
  /** 0 when unknown. */
  total: number;
  message?: string;
  tone?: 'accent' | 'good' | 'bad' | 'idle';
}

/** How far something has come, as a bar and in words. */
export function ProgressBar(props: IProgressBarProps): JSX.Element {
  const { label, done, total, message, tone = 'accent' } = props;
  const share = total > 0 ? Math.min(done / total, 1) : undefined;
  return (
    <div className={`jp-mlnb-Progress jp-mod-${tone}`}>
      <div
        className={`jp-mlnb-Progress-track${share === undefined ? ' jp-mod-endless' : ''}`}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={total || undefined}
        aria-valuenow={share === undefined ? undefined : done}
        aria-valuetext={message}
      >
        <div style={{ width: `${(share ?? 0.3) * 100}%` }} />
      </div>
      <span className="jp-mlnb-Progress-text">
        {message || (share !== undefined && formatPercent(share))}
      </span>
    </div>
  );
}
