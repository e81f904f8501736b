import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { CommandIDs } from '../commandIds';
import { labIcon } from '../icons';
import { IMlnbHost } from '../tokens';
// Its few lines are needed while the application starts.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { paletteCategory } from './panels';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:go-to',
  description: 'Finds tables, columns, models, runs and more, and opens them.',
  autoStart: true,
  requires: [IMlnbHost],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    host: IMlnbHost,
    palette: ICommandPalette | null
  ): void => {
    const { trans } = host;
    const command = CommandIDs.goTo;
    app.commands.addCommand(command, {
      label: trans.__('Go to…'),
      caption: trans.__(
        'Find a table, column, model, run, endpoint or job, and open it'
      ),
      icon: labIcon('search'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            query: {
              type: 'string',
              description: trans.__('What is sought from the start')
            }
          }
        }
      },
      execute: async args => {
        const { showGoTo } = await import('./goToWidget');
        showGoTo(host, args.query as string | undefined);
      }
    });
    palette?.addItem({ command, category: paletteCategory(host) });
  }
};

export default plugin;
