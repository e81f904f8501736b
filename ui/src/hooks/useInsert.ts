import { useCallback } from 'react';
import { useHost } from '../host';
import type { ICellSource } from '../host';

/**
 * Puts cells below the active one, and says what to do when no notebook is in view.
 * Undefined where no notebook can be reached at all.
 */
export function useInsert(): ((...cells: ICellSource[]) => void) | undefined {
  const host = useHost();
  const insert = useCallback(
    (...cells: ICellSource[]): void => {
      const { trans } = host;
      void host.insert?.(cells).then(done => {
        if (!done) {
          host.notify({
            kind: 'info',
            message: trans.__('No notebook is in view.'),
            hint: trans.__(
              'Open one and try again; the cell goes below the active one.'
            ),
            actions: host.newNotebook && [
              {
                label: trans.__('New notebook'),
                run: () => void host.newNotebook?.(cells)
              }
            ]
          });
        }
      });
    },
    [host]
  );
  return host.insert ? insert : undefined;
}
