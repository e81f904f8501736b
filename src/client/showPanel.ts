import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { CommandIDs } from '../commandIds';
import { IMlnbHost } from '../tokens';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:show-panel',
  description: 'The command that brings one of the side panels to the front.',
  autoStart: true,
  requires: [IMlnbHost],
  activate: (app: JupyterFrontEnd, host: IMlnbHost): void => {
    const { trans } = host;
    app.commands.addCommand(CommandIDs.showPanel, {
      label: args =>
        args.caption
          ? trans.__('Show %1', String(args.caption))
          : trans.__('Show a Panel of mlnb'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            panel: {
              type: 'string',
              description: trans.__(
                'catalog, experiments, registry or monitors'
              )
            },
            caption: {
              type: 'string',
              description: trans.__('The name shown in the command’s label')
            }
          },
          required: ['panel']
        }
      },
      execute: args => {
        app.shell.activateById(`mlnb-${String(args.panel)}`);
      }
    });
  }
};

export default plugin;
