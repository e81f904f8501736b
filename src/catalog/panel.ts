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
          (await import('@mlnb/ui/lib/catalog/BrowseSection')).default
      }
    ]
  });
}
