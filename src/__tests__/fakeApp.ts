import type { IHost } from '@mlnb/ui/lib/host';
import type { IFakeHost } from '../../ui/src/testing/fakeHost';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { ServerConnection } from '@jupyterlab/services';
import type { Event } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';
import { Stream } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

export interface IFakeApp {
  app: JupyterFrontEnd;
  /** Addresses asked for, below the base address. */
  requests: string[];
  /** Widgets added to the shell, by area. */
  added: { widget: Widget; area: string }[];
  activated: string[];
  emit(emission: Record<string, unknown>): void;
  /** Let the application be restored. */
  restore(): void;
}

/** A host with nothing in it but what plugins may count on. */
export function fakeApp(
  answer: (path: string) => { status: number; body: unknown } = () => ({
    status: 404,
    body: null
  })
): IFakeApp {
  const requests: string[] = [];
  const baseUrl = 'http://lab/user/a@b/';
  const serverSettings = ServerConnection.makeSettings({
    baseUrl,
    token: '',
    fetch: async input => {
      const url = new URL((input as Request).url ?? String(input));
      const path = decodeURI(url.href)
        .slice(baseUrl.length)
        .replace(/[?&]\d+$/, '');
      requests.push(path);
      const { status, body } = answer(path);
      return new Response(JSON.stringify(body), { status });
    }
  });
  const manager = {} as Event.IManager;
  const stream = new Stream<Event.IManager, Event.Emission>(manager);
  const added: IFakeApp['added'] = [];
  const activated: string[] = [];
  let restore = (): void => undefined;
  const restored = new Promise<void>(resolve => {
    restore = resolve;
  });
  const app = {
    commands: new CommandRegistry(),
    restored,
    serviceManager: { serverSettings, events: { stream } },
    shell: {
      currentWidget: null as Widget | null,
      add: (widget: Widget, area: string) => {
        added.push({ widget, area });
        if (area === 'left') {
          // Side panels are not seen until they are activated.
          widget.hide();
        }
        Widget.attach(widget, document.body);
      },
      activateById: (id: string) => void activated.push(id)
    }
  };
  return {
    app: app as unknown as JupyterFrontEnd,
    requests,
    added,
    activated,
    emit: emission => stream.emit(emission as Event.Emission),
    restore: () => restore()
  };
}

/** Let everything that is due happen. */
export function settle(ms = 30): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/** The host for plugins: tests make it from the components' sources, plugins know it from what is built of them. */
export function asHost(host: IFakeHost): IHost {
  return host as unknown as IHost;
}
