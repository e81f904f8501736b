import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { IMlnbDocuments, IMlnbHost } from '../tokens';
// Its few lines are needed while the application starts.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { paletteCategory } from '../client/panels';
import { CommandIDs } from '../commandIds';
import { addCatalogCommands } from './commands';
import { registerCatalogDocuments } from './documents';
import { openOnDrag } from './dragOpen';
// Its command stands in menus and in the launcher, and has to be there from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { addImportCommand } from './importData';
// The panel is an empty frame that has its place from the start; its sections are loaded when seen.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { addCatalogPanel } from './panel';
// Registering is all that happens at once; what runs is small.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { addTableCommands } from './tableCommands';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:catalog',
  description: 'The panel and the pages of catalogs, schemas and tables.',
  autoStart: true,
  requires: [IMlnbHost, IMlnbDocuments],
  optional: [ILayoutRestorer, ICommandPalette, IFileBrowserFactory, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    host: IMlnbHost,
    documents: IMlnbDocuments,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    browsers: IFileBrowserFactory | null,
    launcher: ILauncher | null
  ): void => {
    registerCatalogDocuments(documents);
    addCatalogCommands(app, host, documents);
    addTableCommands(app, host, documents);
    addImportCommand(app, host, browsers, launcher);
    for (const command of [
      CommandIDs.importData,
      CommandIDs.insertCell,
      CommandIDs.copyName,
      CommandIDs.profileTable,
      CommandIDs.restoreTable,
      CommandIDs.editGrants
    ]) {
      palette?.addItem({ command, category: paletteCategory(host) });
    }
    openOnDrag(app);
    addCatalogPanel({ app, host, restorer, palette });
  }
};

export default plugin;
