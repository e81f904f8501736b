import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import { labIcon } from '../icons';
import type { IMlnbDocuments } from '../tokens';

/** Pages of this area: an experiment's runs, one run, scope cards and hold-outs. */
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
    documents.register('runs', {
      icon: labIcon('experiment'),
      title: (_, trans) => ({
        label: trans.__('All runs'),
        caption: trans.__('Runs of all experiments')
      }),
      load: async () =>
        (await import('@mlnb/ui/lib/experiments/RunsPage')).default
    }),
    documents.register('compare', {
      icon: labIcon('compare'),
      title: (_, trans) => ({
        label: trans.__('Compare runs'),
        caption: trans.__('Runs side by side')
      }),
      load: async () =>
        (await import('@mlnb/ui/lib/compare/ComparePage')).default
    }),
    documents.register('scope', {
      icon: labIcon('certified'),
      title: ({ name }, trans) => ({
        label: name,
        caption: trans.__('Scope card %1', name)
      }),
      load: async () => (await import('@mlnb/ui/lib/scope/ScopePage')).default
    }),
    documents.register('new-scope', {
      icon: labIcon('certified'),
      title: (_, trans) => ({
        label: trans.__('New scope card'),
        caption: trans.__('New scope card')
      }),
      load: async () =>
        (await import('@mlnb/ui/lib/scope/NewScopePage')).default
    }),
    documents.register('holdout', {
      icon: labIcon('lock'),
      title: (_, trans) => ({
        label: trans.__('Hold-out'),
        caption: trans.__('Held-out rows of a table')
      }),
      load: async () => (await import('@mlnb/ui/lib/scope/HoldoutPage')).default
    }),
    documents.register('run', {
      icon: labIcon('run'),
      title: (address, trans) => ({
        label: trans.__('Run %1', address.name.slice(0, 8)),
        caption: trans.__('Run %1', address.name)
      }),
      load: async () =>
        (await import('@mlnb/ui/lib/experiments/RunPage')).default
    }),
    documents.register('diff', {
      icon: labIcon('swap'),
      title: ({ name, part = '' }, trans) => ({
        label: trans.__('Difference'),
        caption: trans.__(
          'What changed from run %1 to run %2',
          name.slice(0, 8),
          part.slice(0, 8)
        )
      }),
      load: async () => (await import('@mlnb/ui/lib/diff/DiffPage')).default
    })
  ]);
}
