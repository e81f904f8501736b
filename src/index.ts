import catalog from './catalog/plugin';
import documents from './client/documents';
import goTo from './client/goTo';
import host from './client/host';
import statusItem from './client/statusItem';
import client from './client/plugin';
import showPanel from './client/showPanel';
import experiments from './experiments/plugin';
import monitors from './monitors/plugin';
import notebook from './notebook/bridge';
import completer from './notebook/completer';
import exportJob from './notebook/exportJob';
import runCells from './notebook/runCells';
import outputs from './notebook/outputs';
import registry from './registry/plugin';

export * from './tokens';

export default [
  client,
  host,
  documents,
  showPanel,
  goTo,
  notebook,
  completer,
  outputs,
  catalog,
  experiments,
  registry,
  monitors,
  exportJob,
  runCells,
  statusItem
];
