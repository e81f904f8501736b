import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import { labIcon } from '../icons';
import type { IMlnbDocuments } from '../tokens';

/** Pages of this area: a registered model, and an endpoint. */
export function registerRegistryDocuments(
  documents: IMlnbDocuments
): IDisposable {
  return DisposableSet.from([
    documents.register('model', {
      icon: labIcon('model'),
      title: (address, trans) => ({
        label: address.name.split('.').pop() ?? address.name,
        caption: trans.__('Model %1', address.name)
      }),
      load: async () =>
        (await import('@mlnb/ui/lib/registry/ModelPage')).default
    }),
    documents.register('endpoint', {
      icon: labIcon('endpoint'),
      title: (address, trans) => ({
        label: address.name,
        caption: trans.__('Endpoint %1', address.name)
      }),
      load: async () =>
        (await import('@mlnb/ui/lib/registry/EndpointPage')).default
    })
  ]);
}
