import * as React from 'react';
import { formatDuration, formatRelative, formatTime } from '../format';
import { useNow } from '../hooks/useNow';

/** How long ago, with the exact time as tooltip. */
export function RelativeTime({ time }: { time: number }): JSX.Element {
  const now = useNow();
  return (
    <time dateTime={new Date(time).toISOString()} title={formatTime(time)}>
      {formatRelative(time, Math.max(now, time))}
    </time>
  );
}

/** How long something has been going on, in whole seconds: a figure with a changing decimal is unquiet. */
export function Elapsed({ since }: { since: number }): JSX.Element {
  const now = useNow(1000);
  const seconds = Math.max(Math.floor((now - since) / 1000), 1);
  return <>{formatDuration(seconds * 1000)}</>;
}
