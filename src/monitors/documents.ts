import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import { labIcon } from '../icons';
import type { IMlnbDocuments } from '../tokens';

/** Pages of this area: a monitor, a job and one of its runs. */
export function registerMonitorDocuments(
  documents: IMlnbDocuments
): IDisposable {
  return DisposableSet.from([
    documents.register('monitor', {
      icon: labIcon('monitor'),
      title: (address, trans) => ({
        label: address.name.split('.').pop() ?? address.name,
        caption: trans.__('Monitor of %1', address.name)
      }),
      load: async () =>
        (await import('@mlnb/ui/lib/monitors/MonitorPage')).default
    }),
    documents.register('job', {
      icon: labIcon('job'),
      title: (address, trans) => ({
        label: trans.__('Job'),
        caption: trans.__('Job %1', address.name)
      }),
      load: async () => (await import('@mlnb/ui/lib/monitors/JobPage')).default
    }),
    documents.register('job-run', {
      icon: labIcon('run'),
      title: (address, trans) => ({
        label: trans.__('Job Run'),
        caption: trans.__('Job run %1', address.name)
      }),
      load: async () =>
        (await import('@mlnb/ui/lib/monitors/JobRunPage')).default
    })
  ]);
}
