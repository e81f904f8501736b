import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import { CommandIDs } from '../commandIds';
import { IMlnbDocuments, IMlnbHost } from '../tokens';
// The store is what this plugin provides: it has to be there from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { Documents } from './documentStore';
import type { Document } from './documentStore';

const plugin: JupyterFrontEndPlugin<IMlnbDocuments> = {
  id: 'mlnb:documents',
  description: 'Opens tables, runs, models, endpoints and monitors as pages.',
  autoStart: true,
  provides: IMlnbDocuments,
  requires: [IMlnbHost],
  optional: [ILabShell, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    host: IMlnbHost,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null
  ): IMlnbDocuments => {
    const tracker = new WidgetTracker<Document>({ namespace: 'mlnb' });
    // Notebook 7 shows a single widget in its main area and ignores a second one.
    const area = labShell ? 'main' : 'down';
    const documents = new Documents(app, host, tracker, area);
    documents.onOpen = address =>
      void import('./recent').then(({ noteRecent }) =>
        noteRecent(host, address)
      );
    const { trans } = host;
    app.commands.addCommand(CommandIDs.open, {
      label: trans.__('Open an Object by Its Address'),
      caption: trans.__('Open a table, run, model, endpoint or monitor'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            address: {
              type: 'string',
              description: trans.__(
                'The address, such as mlnb:table/main.ml.flights'
              )
            },
            activate: {
              type: 'boolean',
              description: trans.__('Whether to bring the page to the front')
            }
          },
          required: ['address']
        }
      },
      execute: async args => {
        try {
          await documents.open(String(args.address), {
            activate: (args.activate as boolean | undefined) ?? true
          });
        } catch (error) {
          host.notify({ kind: 'error', message: (error as Error).message });
        }
      }
    });
    if (restorer) {
      void restorer.restore(tracker, {
        command: CommandIDs.open,
        args: document => ({ address: document.text, activate: false }),
        name: document => document.id
      });
    }
    // A link from elsewhere, such as the one MLflow's client prints after a run.
    const linked = new URLSearchParams(window.location.search).get('mlnb');
    if (linked) {
      void app.restored.then(() =>
        app.commands.execute(CommandIDs.open, { address: linked })
      );
    }
    return documents;
  }
};

export default plugin;
