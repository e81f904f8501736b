/** The way from an output to the kernel of its notebook: one comm per kernel, shared by all its outputs. */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { ApiClient } from '@mlnb/ui/lib/api/client';
import { MessageTransport } from '@mlnb/ui/lib/api/messages';
import type { IAnswerHead } from '@mlnb/ui/lib/api/messages';
import type { IRequest, ITransport } from '@mlnb/ui/lib/api/transport';
import type { IHost } from '@mlnb/ui/lib/host';
import type { Live } from '@mlnb/ui/lib/hooks/useLive';
import type { ILink, IView } from '@mlnb/ui/lib/output/types';

const TARGET = 'mlnb.view';

/** What a kernel's comm carries; null where the kernel has not loaded our extension. */
type Carrier = Promise<MessageTransport | null>;

const carriers = new WeakMap<Kernel.IKernelConnection, Carrier>();
/** Folders of the workspaces that kernels use, as they say themselves. */
const workspaces = new WeakMap<
  Kernel.IKernelConnection,
  Promise<string | null>
>();

/** The folder of the workspace a kernel uses; null where it has not loaded our extension. */
export async function workspaceOf(
  kernel: Kernel.IKernelConnection
): Promise<string | null> {
  const carrier = await carrierOf(kernel);
  return carrier ? ((await workspaces.get(kernel)) ?? null) : null;
}

function carrierOf(kernel: Kernel.IKernelConnection): Carrier {
  let found = carriers.get(kernel);
  if (!found) {
    found = connect(kernel).catch(() => null);
    carriers.set(kernel, found);
    // One that has not loaded it yet may have when the next output comes.
    void found.then(carrier => carrier ?? carriers.delete(kernel));
  }
  return found;
}

async function connect(kernel: Kernel.IKernelConnection): Carrier {
  // Asked first: to a kernel that does not know the target, opening a comm is an error in its log.
  const info = await kernel.requestCommInfo({ target_name: TARGET });
  const { content } = info;
  if (content.status !== 'ok' || Object.keys(content.comms).length === 0) {
    return null;
  }
  const comm = kernel.createComm(TARGET);
  const carrier = new MessageTransport(question => {
    comm.send(
      question as unknown as KernelMessage.ICommMsgMsg['content']['data']
    );
  });
  let tell: (workspace: string | null) => void = () => undefined;
  workspaces.set(kernel, new Promise(resolve => (tell = resolve)));
  const end = (): void => {
    tell(null);
    carriers.delete(kernel);
    kernel.statusChanged.disconnect(onStatus);
    kernel.disposed.disconnect(end);
    comm.dispose();
    carrier.close();
  };
  const onStatus = (_: unknown, status: Kernel.Status): void => {
    if (
      status === 'restarting' ||
      status === 'autorestarting' ||
      status === 'dead' ||
      status === 'terminating'
    ) {
      end();
    }
  };
  kernel.statusChanged.connect(onStatus);
  kernel.disposed.connect(end);
  comm.onClose = end;
  comm.onMsg = message => {
    const head = message.content.data as unknown as IAnswerHead;
    if (typeof head.id === 'number') {
      carrier.receive(head, message.buffers?.[0]);
    } else {
      const { workspace } = message.content.data;
      tell(typeof workspace === 'string' ? workspace : null);
    }
  };
  comm.open({});
  return carrier;
}

/** Whether somebody has the rows behind a view. A view that asks nothing is always live. */
async function knows(api: ApiClient, view: IView): Promise<boolean> {
  const id = String(view.props?.id ?? '');
  try {
    if (view.component === 'DataGrid') {
      await api.grids.get(id);
    } else if (view.component === 'ProfileView') {
      await api.explore.drill(id, { kind: 'rows', limit: 1 });
    } else if (view.component === 'BackgroundRun') {
      await api.runs.backgroundInfo(id);
    }
    return true;
  } catch {
    return false;
  }
}

/** Who answers for one output: its kernel, else the server if it has the same workspace, else nobody. */
export class KernelLink implements ILink {
  constructor(
    private readonly _session: ISessionContext | null,
    private readonly _host: IHost,
    private readonly _view: IView
  ) {
    this.transport = {
      request: <T>(path: string, init?: IRequest) =>
        this._carrier.request<T>(path, init),
      file: (path, init) =>
        this._carrier.file
          ? this._carrier.file(path, init)
          : Promise.reject(new Error(path))
    };
    _session?.kernelChanged.connect(this._look, this);
    _session?.statusChanged.connect(this._onStatus, this);
    void this._look();
  }

  readonly transport: ITransport;

  get current(): Live {
    return this._current;
  }

  subscribe(listener: () => void): () => void {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  dispose(): void {
    this._isDisposed = true;
    this._session?.kernelChanged.disconnect(this._look, this);
    this._session?.statusChanged.disconnect(this._onStatus, this);
    this._listeners.clear();
  }

  private async _look(): Promise<void> {
    this._turn += 1;
    const turn = this._turn;
    this._set('asking');
    await this._session?.ready;
    // A run goes on while its kernel is busy with the next cell, or gone: the server is asked first.
    if (this._outlives && this._isServers()) {
      if (await knows(this._host.api, this._view)) {
        this._answeredBy(this._host.api.transport, turn);
        return;
      }
    }
    const kernel = this._session?.session?.kernel;
    const carrier = kernel ? await carrierOf(kernel) : null;
    if (turn !== this._turn || this._isDisposed) {
      return;
    }
    const view = this._view;
    if (carrier && (await knows(new ApiClient(carrier), view))) {
      this._answeredBy(carrier, turn);
    } else if (this._isServers() && (await knows(this._host.api, view))) {
      this._answeredBy(this._host.api.transport, turn);
    } else if (turn === this._turn) {
      this._set(view.component === 'ComparisonView' ? 'live' : 'gone');
    }
  }

  private _answeredBy(transport: ITransport, turn: number): void {
    if (turn === this._turn) {
      this._carrier = transport;
      this._set('live');
    }
  }

  /** Whether the server has the workspace that knows the view; a frame is its kernel's alone. */
  private _isServers(): boolean {
    const { current } = this._host.connection;
    return (
      this._view.component !== 'DataGrid' &&
      current.kind === 'ready' &&
      this._view.workspace_id !== undefined &&
      current.status.workspace.id === this._view.workspace_id
    );
  }

  /** Whether what is shown goes on without the kernel. */
  private get _outlives(): boolean {
    return this._view.component === 'BackgroundRun';
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (this._outlives && this._current === 'live' && this._isServers()) {
      return; // answered by the server, whatever becomes of the kernel
    }
    if (status === 'restarting' || status === 'autorestarting') {
      // What the kernel held is gone with it; a stored profile may still be known to the server.
      void this._look();
    } else if (status === 'dead' && this._current !== 'gone') {
      this._turn += 1;
      this._set('gone');
    }
  }

  private _set(next: Live): void {
    if (next !== this._current && !this._isDisposed) {
      this._current = next;
      this._listeners.forEach(listener => listener());
    }
  }

  private _carrier: ITransport = new MessageTransport(() => undefined);
  private _current: Live = 'asking';
  private _turn = 0;
  private _isDisposed = false;
  private _listeners = new Set<() => void>();
}
