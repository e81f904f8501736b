import { useCallback, useSyncExternalStore } from 'react';
import { useHost } from '../host';
import type { INotebookContext } from '../host';

const nothing = (): void => undefined;

/** The notebook in view, followed while it is listened to; null where there is none. */
export function useNotebook(): INotebookContext | null {
  const { notebook } = useHost();
  return useSyncExternalStore(
    useCallback(
      listener => notebook?.subscribe(listener) ?? nothing,
      [notebook]
    ),
    () => notebook?.current ?? null
  );
}
