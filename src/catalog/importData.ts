/** The command that opens the import page: from the palette, the launcher and the file browser. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { ILauncher } from '@jupyterlab/launcher';
import { formatAddress } from '@mlnb/ui/lib/address';
import { paletteCategory } from '../client/panels';
import { CommandIDs } from '../commandIds';
import { labIcon } from '../icons';
import type { IMlnbHost } from '../tokens';

/** Files that may become a table. */
const TABULAR = /\.(csv|tsv|txt|json|jsonl|ndjson|parquet|pq)(\.(gz|zst))?$/i;

export function addImportCommand(
  app: JupyterFrontEnd,
  host: IMlnbHost,
  browsers: IFileBrowserFactory | null,
  launcher: ILauncher | null
): void {
  const { trans } = host;
  const command = CommandIDs.importData;
  /** What is chosen in the file browser and can be imported. */
  const chosen = (): string[] => {
    const items = Array.from(
      browsers?.tracker.currentWidget?.selectedItems() ?? []
    );
    const fits = items.filter(
      item => item.type !== 'directory' && TABULAR.test(item.name)
    );
    return fits.length === items.length ? fits.map(item => item.path) : [];
  };
  app.commands.addCommand(command, {
    label: args =>
      args.selected
        ? trans.__('Import into Catalog…')
        : trans.__('Import Data'),
    caption: trans.__('Make a table of CSV, JSON or Parquet files'),
    icon: labIcon('upload'),
    isVisible: args => !args.selected || chosen().length > 0,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          path: {
            type: 'string',
            description: trans.__(
              'A file, pattern or folder; by default it is asked for'
            )
          },
          schema: {
            type: 'string',
            description: trans.__('Where the table goes, such as main.raw')
          },
          selected: {
            type: 'boolean',
            description: trans.__('Take what is chosen in the file browser')
          }
        }
      }
    },
    execute: async args => {
      const paths = args.selected
        ? chosen()
        : [args.path].filter(path => typeof path === 'string');
      const { joinSources } = await import('@mlnb/ui/lib/import/upload');
      host.open(
        formatAddress('import', joinSources(paths as string[]) || 'new', {
          query: { to: args.schema as string | undefined }
        })
      );
    }
  });
  launcher?.add({ command, category: paletteCategory(host), rank: 1 });
}
