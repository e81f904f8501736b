import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IMlnbDocuments, IMlnbHost } from '../tokens';
// Its few lines are needed while the application starts.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { paletteCategory } from '../client/panels';
import { CommandIDs } from '../commandIds';
import { addMonitorCommands } from './commands';
import { registerMonitorDocuments } from './documents';
// The panel stands in the sidebar from the start; what it shows is loaded when it is seen.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { addMonitorsPanel } from './panel';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:monitors',
  description: 'The panel and the pages of monitors, alerts and jobs.',
  autoStart: true,
  requires: [IMlnbHost, IMlnbDocuments],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    host: IMlnbHost,
    documents: IMlnbDocuments,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    registerMonitorDocuments(documents);
    addMonitorCommands(app, host, documents);
    for (const command of [
      CommandIDs.refreshMonitor,
      CommandIDs.cancelJobRun
    ]) {
      palette?.addItem({ command, category: paletteCategory(host) });
    }
    addMonitorsPanel({ app, host, restorer, palette });
  }
};

export default plugin;
