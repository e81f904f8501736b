import { useContext, useEffect } from 'react';
import { VisibleContext } from '../hooks/useApi';

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
