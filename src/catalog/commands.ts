import type { JupyterFrontEnd } from '@jupyterlab/application';
import { parseAddress } from '@mlnb/ui/lib/address';
import type { InsertAs } from '@mlnb/ui/lib/catalog/loading';
import { CommandIDs } from '../commandIds';
import type { IMlnbDocuments, IMlnbHost } from '../tokens';

/** The table meant: as told, or the one whose page is in view. */
function tableOf(
  address: unknown,
  documents: IMlnbDocuments
): { name: string; version?: number } | null {
  const text = typeof address === 'string' ? address : documents.current;
  const parsed = text ? parseAddress(text) : null;
  if (parsed?.kind !== 'table') {
    return null;
  }
  const { version } = parsed.query;
  return {
    name: parsed.name,
    ...(version === undefined ? {} : { version: Number(version) })
  };
}

export function addCatalogCommands(
  app: JupyterFrontEnd,
  host: IMlnbHost,
  documents: IMlnbDocuments
): void {
  const { trans } = host;
  const address = {
    type: 'string',
    description: trans.__(
      'The table, such as mlnb:table/main.ml.flights; by default the one in view'
    )
  };
  const refuse = (): void =>
    void host.notify({
      kind: 'info',
      message: trans.__('No table is in view.'),
      hint: trans.__('Open one from the catalog first.')
    });

  app.commands.addCommand(CommandIDs.insertCell, {
    label: trans.__('Insert a Cell That Loads the Table'),
    caption: trans.__('Load the table in view from the notebook'),
    isEnabled: () => host.insert !== undefined,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          address,
          as: {
            type: 'string',
            oneOf: [
              { const: 'pandas', title: trans.__('A pandas data frame') },
              { const: 'sql', title: trans.__('An SQL query') }
            ],
            description: trans.__('What is written; by default as set')
          }
        }
      }
    },
    execute: async args => {
      const table = tableOf(args.address, documents);
      if (!table) {
        return refuse();
      }
      const { loadingCell } = await import('@mlnb/ui/lib/catalog/loading');
      const as =
        (args.as as InsertAs | undefined) ??
        (await host.preference<InsertAs>('catalog.insert_as', 'pandas'));
      const cell = loadingCell(table.name, as, table.version);
      if (!(await host.insert?.([cell]))) {
        host.notify({
          kind: 'info',
          message: trans.__('No notebook is in view.'),
          hint: trans.__('Place one beside the table and try again.')
        });
      }
    }
  });

  app.commands.addCommand(CommandIDs.copyName, {
    label: trans.__('Copy the Name of the Table'),
    caption: trans.__('Copy catalog, schema and name of the table in view'),
    describedBy: { args: { type: 'object', properties: { address } } },
    execute: async args => {
      const table = tableOf(args.address, documents);
      if (!table) {
        return refuse();
      }
      await host.copy(table.name);
    }
  });
}
