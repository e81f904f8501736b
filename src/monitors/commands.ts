import type { JupyterFrontEnd } from '@jupyterlab/application';
import { parseAddress } from '@mlnb/ui/lib/address';
import { CommandIDs } from '../commandIds';
import type { IMlnbDocuments, IMlnbHost } from '../tokens';

/** The name of the object meant: as told, or the one whose page is in view. */
function nameOf(
  kind: string,
  address: unknown,
  documents: IMlnbDocuments
): string | null {
  const text = typeof address === 'string' ? address : documents.current;
  const parsed = text ? parseAddress(text) : null;
  return parsed?.kind === kind ? parsed.name : null;
}

export function addMonitorCommands(
  app: JupyterFrontEnd,
  host: IMlnbHost,
  documents: IMlnbDocuments
): void {
  const { trans } = host;
  const run = async (change: () => Promise<string>): Promise<void> => {
    try {
      host.notify({ kind: 'success', message: await change() });
    } catch (error) {
      const { message, hint } = error as Error & { hint?: string | null };
      host.notify({ kind: 'error', message, hint });
    }
  };

  app.commands.addCommand(CommandIDs.refreshMonitor, {
    label: trans.__('Refresh the Monitor'),
    caption: trans.__('Read the rows that are new into the monitor in view'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          address: {
            type: 'string',
            description: trans.__(
              'The monitor, such as mlnb:monitor/main.ml.flights; by default the one in view'
            )
          }
        }
      }
    },
    execute: async args => {
      const table = nameOf('monitor', args.address, documents);
      if (table === null) {
        host.notify({
          kind: 'info',
          message: trans.__('No monitor is in view.'),
          hint: trans.__('Open one from the panel of monitors first.')
        });
        return;
      }
      await run(async () => {
        await host.api.monitors.refresh(table);
        return trans.__('The monitor of %1 is being refreshed.', table);
      });
    }
  });

  app.commands.addCommand(CommandIDs.cancelJobRun, {
    label: trans.__('Cancel the Job Run'),
    caption: trans.__('Ask the job run in view to stop'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          address: {
            type: 'string',
            description: trans.__(
              'The run, such as mlnb:job-run/17; by default the one in view'
            )
          }
        }
      }
    },
    execute: async args => {
      const id = nameOf('job-run', args.address, documents);
      if (id === null) {
        host.notify({
          kind: 'info',
          message: trans.__('No job run is in view.'),
          hint: trans.__('Open one from the panel of monitors first.')
        });
        return;
      }
      await run(async () => {
        await host.api.jobs.cancel(id);
        return trans.__('The run was asked to stop.');
      });
    }
  });
}
