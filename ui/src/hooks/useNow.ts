import { useEffect, useState } from 'react';

/** One clock for all who ask for the same interval: a table shows dozens of times. */
interface IClock {
  listeners: Set<(now: number) => void>;
  timer: ReturnType<typeof setInterval>;
}

const clocks = new Map<number, IClock>();

function listen(interval: number, listener: (now: number) => void): () => void {
  let clock = clocks.get(interval);
  if (!clock) {
    const listeners: IClock['listeners'] = new Set();
    const timer = setInterval(() => {
      if (!document.hidden) {
        const now = Date.now();
        listeners.forEach(tell => tell(now));
      }
    }, interval);
    clock = { listeners, timer };
    clocks.set(interval, clock);
  }
  const { listeners, timer } = clock;
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      clocks.delete(interval);
    }
  };
}

/** The current time, renewed every `interval` milliseconds while the page is seen. */
export function useNow(interval = 30_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => listen(interval, setNow), [interval]);
  return now;
}
