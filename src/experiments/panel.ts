import { addPanel } from '../client/panels';
import type { IPanelContext } from '../client/panels';

export function addExperimentsPanel(context: IPanelContext): void {
  const { trans } = context.host;
  addPanel(context, {
    name: 'experiments',
    icon: 'experiment',
    caption: trans.__('Experiments'),
    rank: 610,
    sections: [
      {
        id: 'this-notebook',
        title: trans.__('This Notebook'),
        weight: 2,
        load: async () =>
          (await import('@mlnb/ui/lib/run/ThisNotebookSection')).default
      },
      {
        id: 'experiments',
        title: trans.__('Experiments'),
        load: async () =>
          (await import('@mlnb/ui/lib/experiments/ExperimentsSection')).default
      },
      {
        id: 'compare',
        title: trans.__('Compare Tray'),
        load: async () =>
          (await import('@mlnb/ui/lib/compare/TraySection')).default
      },
      {
        id: 'scopes',
        title: trans.__('Scope Cards'),
        closed: true,
        load: async () =>
          (await import('@mlnb/ui/lib/scope/ScopesSection')).default
      },
      {
        id: 'recent',
        title: trans.__('Recent Runs'),
        weight: 2,
        closed: true,
        load: async () =>
          (await import('@mlnb/ui/lib/experiments/RecentRunsSection')).default
      }
    ]
  });
}
