import type { JupyterFrontEnd } from '@jupyterlab/application';
import { parseAddress } from '@mlnb/ui/lib/address';
import type { InsertAs } from '@mlnb/ui/lib/catalog/loading';
import { CommandIDs } from '../commandIds';
import type { IMlnbDocuments, IMlnbHost } from '../tokens';

/** The table meant: as told, or the one whose page is in view. */
export function tableOf(
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

/** What a command says when neither an address nor a page tells which table. */
export function noTable(host: IMlnbHost): void {
  const { trans } = host;
  host.notify({
    kind: 'info',
    message: trans.__('No table is in view.'),
    hint: trans.__('Open one from the catalog first.')
  });
}

export function tableArgument(trans: IMlnbHost['trans']): {
  type: string;
  description: string;
} {
  return {
    type: 'string',
    description: trans.__(
      'The table, such as mlnb:table/main.ml.flights; by default the one in view'
    )
  };
}

export function addCatalogCommands(
  app: JupyterFrontEnd,
  host: IMlnbHost,
  documents: IMlnbDocuments
): void {
  const { trans } = host;
  const address = tableArgument(trans);
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
        return noTable(host);
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
        return noTable(host);
      }
      await host.copy(table.name);
    }
  });
}
