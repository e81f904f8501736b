import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import { labIcon } from '../icons';
import type { IMlnbDocuments } from '../tokens';

/** Pages of this area: an experiment's runs, and one run. */
export function registerExperimentDocuments(
  documents: IMlnbDocuments
): IDisposable {
  return DisposableSet.from([
    documents.register('experiment', {
      icon: labIcon('experiment'),
      title: (address, trans) => ({
        label: trans.__('Runs'),
        caption: trans.__('Runs of experiment %1', address.name)
      }),
      load: async () =>
        (await import('@mlnb/ui/lib/experiments/RunsPage')).default
    }),
    documents.register('run', {
      icon: labIcon('run'),
      title: (address, trans) => ({
        label: trans.__('Run %1', address.name.slice(0, 8)),
        caption: trans.__('Run %1', address.name)
      }),
      load: async () =>
        (await import('@mlnb/ui/lib/experiments/RunPage')).default
    })
  ]);
}
