import { useContext, useEffect } from 'react';
import { VisibleContext } from '../hooks/useApi';

/**
 * What a run logs is told as an event by a store that is a database here; a tracking server tells nothing, and is
 * asked again after so long.
 */
export const QUIET_MS = 10_000;

/** Calls `run` again and again while something goes on that tells no events, and the page is seen. */
export function useWhile(
  going: boolean,
  run: () => void,
  interval: number
): void {
  const visible = useContext(VisibleContext);
  useEffect(() => {
    if (!going || !visible) {
      return;
    }
    const timer = setInterval(() => {
      if (!document.hidden) {
        run();
      }
    }, interval);
    return () => clearInterval(timer);
  }, [going, visible, run, interval]);
}
