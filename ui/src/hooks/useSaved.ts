import { useCallback, useEffect, useState } from 'react';
import { useHost } from '../host';

/** State that survives a reload; `initial` until the stored value, if any, has been read. */
export function useSaved<T>(key: string, initial: T): [T, (value: T) => void] {
  const host = useHost();
  const [value, setValue] = useState(initial);
  useEffect(() => {
    let current = true;
    void host
      .saved<T>(key)
      .get()
      .then(stored => {
        if (current && stored !== undefined) {
          setValue(stored);
        }
      });
    return () => {
      current = false;
    };
  }, [host, key]);
  const save = useCallback(
    (next: T) => {
      setValue(next);
      host.saved<T>(key).set(next);
    },
    [host, key]
  );
  return [value, save];
}
