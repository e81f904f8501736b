import { addPanel } from '../client/panels';
import type { IPanelContext } from '../client/panels';

export function addMonitorsPanel(context: IPanelContext): void {
  const { trans } = context.host;
  addPanel(context, {
    name: 'monitors',
    icon: 'monitor',
    caption: trans.__('Monitors'),
    rank: 630,
    sections: [
      {
        id: 'monitors',
        title: trans.__('Monitors'),
        load: async () =>
          (await import('@mlnb/ui/lib/monitors/MonitorsSection')).default
      },
      {
        id: 'alerts',
        title: trans.__('Alerts'),
        load: async () =>
          (await import('@mlnb/ui/lib/monitors/AlertsSection')).default
      },
      {
        id: 'jobs',
        title: trans.__('Jobs'),
        weight: 2,
        load: async () =>
          (await import('@mlnb/ui/lib/monitors/JobsSection')).default
      }
    ]
  });
}
