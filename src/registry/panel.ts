import { addPanel } from '../client/panels';
import type { IPanelContext } from '../client/panels';

export function addRegistryPanel(context: IPanelContext): void {
  const { trans } = context.host;
  addPanel(context, {
    name: 'registry',
    icon: 'model',
    caption: trans.__('Registry'),
    rank: 620,
    sections: [
      {
        id: 'models',
        title: trans.__('Models'),
        load: async () =>
          (await import('@mlnb/ui/lib/registry/ModelsSection')).default
      },
      {
        id: 'requests',
        title: trans.__('Waiting for You'),
        load: async () =>
          (await import('@mlnb/ui/lib/registry/RequestsSection')).default
      },
      {
        id: 'endpoints',
        title: trans.__('Endpoints'),
        load: async () =>
          (await import('@mlnb/ui/lib/registry/EndpointsSection')).default
      }
    ]
  });
}
