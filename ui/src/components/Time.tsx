import * as React from 'react';
import { formatRelative, formatTime } from '../format';
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
