import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { IMlnbDocuments, IMlnbHost } from '../tokens';
import { registerExperimentDocuments } from './documents';
// The panel stands in the sidebar from the start; what it shows is loaded when it is seen.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { addExperimentsPanel } from './panel';
// Commands stand in the palette from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { addRunCommands } from './runCommands';
// Its command stands in the launcher, and has to be there from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { addScopeCommand } from './scopeCommand';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:experiments',
  description: 'The panel and the pages of experiments, runs and scope cards.',
  autoStart: true,
  requires: [IMlnbHost, IMlnbDocuments],
  optional: [ILayoutRestorer, ICommandPalette, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    host: IMlnbHost,
    documents: IMlnbDocuments,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null
  ): void => {
    registerExperimentDocuments(documents);
    addRunCommands(app, host, documents, palette);
    addScopeCommand(app, host, palette, launcher);
    addExperimentsPanel({ app, host, restorer, palette });
  }
};

export default plugin;
