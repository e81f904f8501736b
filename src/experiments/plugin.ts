import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IMlnbDocuments, IMlnbHost } from '../tokens';
import { registerExperimentDocuments } from './documents';
// The panel stands in the sidebar from the start; what it shows is loaded when it is seen.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { addExperimentsPanel } from './panel';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:experiments',
  description: 'The panel and the pages of experiments and runs.',
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
    registerExperimentDocuments(documents);
    addExperimentsPanel({ app, host, restorer, palette });
  }
};

export default plugin;
