import { useEffect, useState } from 'react';
import type { IProgress } from '../api/types';
import { useHost } from '../host';

/** The latest progress told of a subject such as `job_run:17`, null before the first word. */
export function useProgress(subject: string): IProgress | null {
  const { events } = useHost();
  const [progress, setProgress] = useState<IProgress | null>(null);
  useEffect(() => {
    setProgress(null);
    return events.onProgress(one => {
      if (one.subject === subject) {
        setProgress(one);
      }
    });
  }, [events, subject]);
  return progress;
}
