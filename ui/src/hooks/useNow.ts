import { useEffect, useState } from 'react';

/** The current time, renewed every `interval` milliseconds while the page is seen. */
export function useNow(interval = 30_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) {
        setNow(Date.now());
      }
    }, interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}
