import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
// Its few lines are needed while the application starts.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { paletteCategory } from '../client/panels';
import { CommandIDs } from '../commandIds';
import { labIcon } from '../icons';
import { IMlnbHost } from '../tokens';

/** `reports/nightly.ipynb` as the name of a job. */
function stem(path: string): string {
  return (path.split('/').pop() ?? path).replace(/\.ipynb$/i, '');
}

/** Save what is open, so that the job runs what is seen; null when it could not be saved. */
async function savedPath(panel: NotebookPanel): Promise<string | null> {
  const { context } = panel;
  if (context.model.dirty) {
    await context.save();
  }
  return context.model.dirty ? null : context.localPath;
}

async function exportAsJob(host: IMlnbHost, path: string): Promise<void> {
  const { api, trans } = host;
  const check = await api.jobs.check(path);
  const { askExport } = await import('./exportDialog');
  const choice = await askExport(stem(path), check, trans);
  if (!choice) {
    return;
  }
  const { job_id, run_id } = await api.jobs.exportNotebook({
    path,
    name: choice.name || stem(path),
    parameters: choice.parameters,
    run_now: choice.runNow
  });
  const { formatAddress } = await import('@mlnb/ui/lib/address');
  host.open(
    run_id === undefined
      ? formatAddress('job', String(job_id))
      : formatAddress('job-run', String(run_id))
  );
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:export-job',
  description: 'Makes the notebook in view a job.',
  autoStart: true,
  requires: [IMlnbHost],
  optional: [INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    host: IMlnbHost,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null
  ): void => {
    const { trans } = host;
    const command = CommandIDs.exportAsJob;
    app.commands.addCommand(command, {
      label: trans.__('Export as Job…'),
      caption: trans.__(
        'Export as job: run this notebook in a fresh process, with parameters'
      ),
      icon: labIcon('job'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            path: {
              type: 'string',
              description: trans.__(
                'A saved notebook; by default the one in view'
              )
            }
          }
        }
      },
      execute: async args => {
        try {
          const panel = tracker?.currentWidget;
          const path =
            typeof args.path === 'string'
              ? args.path
              : panel && (await savedPath(panel));
          if (!path) {
            host.notify({
              kind: 'info',
              message: trans.__('There is no saved notebook to export.'),
              hint: trans.__('Open one and save it first.')
            });
            return;
          }
          await exportAsJob(host, path);
        } catch (error) {
          const { message, hint } = error as Error & { hint?: string | null };
          host.notify({ kind: 'error', message, hint });
        }
      }
    });
    palette?.addItem({ command, category: paletteCategory(host) });
  }
};

export default plugin;
