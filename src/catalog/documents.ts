import { DisposableSet } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';
import { labIcon } from '../icons';
import type { IMlnbDocuments } from '../tokens';

/** The last part of a name, as the tab shows it. */
function last(name: string): string {
  return name.split('.').pop() ?? name;
}

/** Pages of this area: a table, a volume, a function, and the import of files. */
export function registerCatalogDocuments(
  documents: IMlnbDocuments
): IDisposable {
  const all = new DisposableSet();
  all.add(
    documents.register('table', {
      icon: labIcon('table'),
      title: ({ name }) => ({ label: last(name), caption: name }),
      load: async () => (await import('@mlnb/ui/lib/catalog/TablePage')).default
    })
  );
  all.add(
    documents.register('volume', {
      icon: labIcon('volume'),
      title: ({ name }) => ({ label: last(name), caption: name }),
      load: async () =>
        (await import('@mlnb/ui/lib/catalog/VolumePage')).default
    })
  );
  all.add(
    documents.register('function', {
      icon: labIcon('function'),
      title: ({ name }) => ({ label: last(name), caption: name }),
      load: async () =>
        (await import('@mlnb/ui/lib/catalog/FunctionPage')).default
    })
  );
  all.add(
    documents.register('import', {
      icon: labIcon('upload'),
      title: (_, trans) => ({
        label: trans.__('Import data'),
        caption: trans.__('Import data into a table')
      }),
      load: async () => (await import('@mlnb/ui/lib/import/ImportPage')).default
    })
  );
  return all;
}
