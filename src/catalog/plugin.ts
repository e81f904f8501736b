import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IMlnbDocuments, IMlnbHost } from '../tokens';
import { paletteCategory } from '../client/panels';
import { CommandIDs } from '../commandIds';
import { addCatalogCommands } from './commands';
import { registerCatalogDocuments } from './documents';
import { addCatalogPanel } from './panel';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:catalog',
  description: 'The panel and the pages of catalogs, schemas and tables.',
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
    registerCatalogDocuments(documents);
    addCatalogCommands(app, host, documents);
    for (const command of [CommandIDs.insertCell, CommandIDs.copyName]) {
      palette?.addItem({ command, category: paletteCategory(host) });
    }
    addCatalogPanel({ app, host, restorer, palette });
  }
};

export default plugin;
