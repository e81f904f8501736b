import { addPanel } from '../client/panels';
import type { IPanelContext } from '../client/panels';

export function addCatalogPanel(context: IPanelContext): void {
  const { trans } = context.host;
  addPanel(context, {
    name: 'catalog',
    icon: 'catalog',
    caption: trans.__('Catalog'),
    rank: 600,
    sections: [
      {
        id: 'browse',
        title: trans.__('Browse'),
        load: async () =>
          (await import('@mlnb/ui/lib/catalog/BrowseSection')).default,
        weight: 4
      },
      {
        id: 'recent',
        title: trans.__('Recent and Pinned'),
        load: async () =>
          (await import('@mlnb/ui/lib/catalog/RecentSection')).default,
        weight: 1.4
      },
      {
        id: 'trash',
        title: trans.__('Trash'),
        load: async () =>
          (await import('@mlnb/ui/lib/catalog/TrashSection')).default,
        closed: true
      }
    ]
  });
}
