/** The command that begins a scope card: from the palette and the launcher. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ILauncher } from '@jupyterlab/launcher';
import { formatAddress } from '@mlnb/ui/lib/address';
import { paletteCategory } from '../client/panels';
import { CommandIDs } from '../commandIds';
import { labIcon } from '../icons';
import type { IMlnbHost } from '../tokens';

export function addScopeCommand(
  app: JupyterFrontEnd,
  host: IMlnbHost,
  palette: ICommandPalette | null,
  launcher: ILauncher | null
): void {
  const { trans } = host;
  const command = CommandIDs.newScope;
  app.commands.addCommand(command, {
    label: trans.__('New Scope Card'),
    caption: trans.__(
      'Say what a model is for, how good it has to be, and who signs'
    ),
    icon: labIcon('certified'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          name: {
            type: 'string',
            description: trans.__('What the card is called')
          },
          problem: {
            type: 'string',
            description: trans.__('The template, such as classification')
          }
        }
      }
    },
    execute: args =>
      host.open(
        formatAddress('new-scope', 'card', {
          query: {
            name: args.name as string | undefined,
            problem: args.problem as string | undefined
          }
        })
      )
  });
  const category = paletteCategory(host);
  palette?.addItem({ command, category });
  launcher?.add({ command, category, rank: 2 });
}
