import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
// A few kilobytes that all other plugins hold on to from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { ApiClient } from '@mlnb/ui/lib/api/client';
import { IMlnbClient } from '../tokens';
import { ServerConnection } from './connection';
import { JournalEvents } from './events';
import { LabTransport } from './transport';

/** The first request waits until Lab is there and has nothing better to do. */
function whenIdle(run: () => void): void {
  if (typeof requestIdleCallback === 'function') {
    requestIdleCallback(run, { timeout: 1000 });
  } else {
    setTimeout(run, 0);
  }
}

const plugin: JupyterFrontEndPlugin<IMlnbClient> = {
  id: 'mlnb:client',
  description: 'Connects to the server part of mlnb.',
  autoStart: true,
  provides: IMlnbClient,
  activate: (app: JupyterFrontEnd): IMlnbClient => {
    const { serverSettings, events: bus } = app.serviceManager;
    const transport = new LabTransport(serverSettings, reached =>
      connection.noteNetwork(reached)
    );
    const api = new ApiClient(transport);
    const connection = new ServerConnection(() => api.workspace.status());
    const events = new JournalEvents(bus.stream, id =>
      api.workspace.journal(id)
    );
    connection.subscribe(() => {
      if (connection.current.kind === 'ready') {
        void events.resync();
      }
    });
    void app.restored.then(() => whenIdle(() => void connection.retry()));
    return { api, events, connection };
  }
};

export default plugin;
