import { useInsert } from '../hooks/useInsert';
import { useHost, useTrans } from '../host';
import { loadingCell } from './loading';
import type { InsertAs } from './loading';

export interface ITableActions {
  /** Undefined where no notebook can be reached. */
  insert?: (name: string, as?: InsertAs, version?: number) => void;
  copyName: (name: string) => void;
}

/** What can be done with a table's name wherever it is shown. */
export function useTableActions(): ITableActions {
  const host = useHost();
  const trans = useTrans();
  const insert = useInsert();
  return {
    copyName: name => {
      void host
        .copy(name)
        .then(() =>
          host.notify({ kind: 'success', message: trans.__('Copied %1', name) })
        );
    },
    insert:
      insert &&
      ((name, as, version) => {
        void host
          .preference<InsertAs>('catalog.insert_as', 'pandas')
          .then(preferred =>
            insert(loadingCell(name, as ?? preferred, version))
          );
      })
  };
}
