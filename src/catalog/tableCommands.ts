import type { JupyterFrontEnd } from '@jupyterlab/application';
import { formatAddress } from '@mlnb/ui/lib/address';
import { CommandIDs } from '../commandIds';
import type { IMlnbDocuments, IMlnbHost } from '../tokens';
import { noTable, tableArgument, tableOf } from './commands';

/** Commands that lead to a tab of a table's page. */
export function addTableCommands(
  app: JupyterFrontEnd,
  host: IMlnbHost,
  documents: IMlnbDocuments
): void {
  const { trans } = host;
  const address = tableArgument(trans);

  app.commands.addCommand(CommandIDs.profileTable, {
    label: trans.__('Profile the Table'),
    caption: trans.__(
      'Distributions, what is missing, what is wrong, and what predicts a target'
    ),
    describedBy: { args: { type: 'object', properties: { address } } },
    execute: async args => {
      const table = tableOf(args.address, documents);
      if (!table) {
        return noTable(host);
      }
      const { name, version } = table;
      await documents.open(
        formatAddress('table', name, {
          query: {
            tab: 'profile',
            version: version === undefined ? undefined : String(version)
          }
        })
      );
    }
  });

  app.commands.addCommand(CommandIDs.restoreTable, {
    label: trans.__('Restore an Earlier Version of the Table…'),
    caption: trans.__('See what an earlier version would undo, and go back'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          address,
          version: {
            type: 'integer',
            minimum: 0,
            description: trans.__('Without one, the history is shown')
          }
        }
      }
    },
    execute: async args => {
      const table = tableOf(args.address, documents);
      if (!table) {
        return noTable(host);
      }
      const wanted = Number(args.version ?? NaN);
      const query: Record<string, string> = { tab: 'history' };
      if (Number.isInteger(wanted) && wanted >= 0) {
        const { version } = await host.api.catalog.table(table.name);
        if (wanted < version) {
          query.compare = `${version}..${wanted}`;
          query.restore = '1';
        }
      }
      await documents.open(formatAddress('table', table.name, { query }));
    }
  });

  app.commands.addCommand(CommandIDs.editGrants, {
    label: trans.__('Show and Change Who May Use the Table'),
    caption: trans.__('Grants on the table in view'),
    describedBy: { args: { type: 'object', properties: { address } } },
    execute: async args => {
      const table = tableOf(args.address, documents);
      if (!table) {
        return noTable(host);
      }
      await documents.open(
        formatAddress('table', table.name, { query: { tab: 'grants' } })
      );
    }
  });
}
