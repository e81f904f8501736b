import type { IDisposable } from '@lumino/disposable';
import { labIcon } from '../icons';
import type { IMlnbDocuments } from '../tokens';

/** Pages of this area: a table. */
export function registerCatalogDocuments(
  documents: IMlnbDocuments
): IDisposable {
  return documents.register('table', {
    icon: labIcon('table'),
    title: address => ({
      label: address.name.split('.').pop() ?? address.name,
      caption: address.name
    }),
    load: async () => (await import('@mlnb/ui/lib/catalog/TablePage')).default
  });
}
