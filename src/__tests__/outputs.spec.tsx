import { Signal } from '@lumino/signaling';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { IMlnbHost } from '../tokens';
import type { Kernel } from '@jupyterlab/services';
import { KernelLink, workspaceOf } from '../notebook/kernelLink';
import { NotebookInView } from '../notebook/inView';
import { MIME_TYPE, outputFactory } from '../notebook/outputs';
import { OutputWidget } from '../notebook/outputWidget';
import { viewOf } from '@mlnb/ui/lib/output/types';
import { fakeHost } from '../../ui/src/testing/fakeHost';
import { settle } from './fakeApp';
import { MimeModel } from '@jupyterlab/rendermime';

const VIEW = { component: 'DataGrid', props: { id: 'grid-1' }, snapshot: null };

type Answer = (question: { id: number; path: string }) => {
  status: number;
  body: unknown;
};

/** A kernel that has loaded our extension, or not. */
class FakeKernel {
  constructor(
    private readonly _loaded: boolean,
    private readonly _answer: Answer
  ) {}

  readonly statusChanged = new Signal<this, string>(this);
  readonly disposed = new Signal<this, void>(this);
  opened = 0;

  async requestCommInfo(): Promise<unknown> {
    return {
      content: { status: 'ok', comms: this._loaded ? { beacon: {} } : {} }
    };
  }

  createComm(): unknown {
    this.opened += 1;
    const comm = {
      onMsg: (_: unknown): void => undefined,
      onClose: (): void => undefined,
      open: () =>
        comm.onMsg({ content: { data: { ready: true, workspace: '/w' } } }),
      dispose: () => undefined,
      send: (question: { id: number; path: string }) => {
        const { status, body } = this._answer(question);
        comm.onMsg({
          content: { data: { id: question.id, status, headers: {} } },
          buffers: [Buffer.from(JSON.stringify(body))]
        });
      }
    };
    return comm;
  }
}

function sessionOf(kernel: FakeKernel | null): {
  session: ISessionContext;
  change: (next: FakeKernel | null) => void;
} {
  const state = {
    ready: Promise.resolve(),
    session: kernel && { kernel }
  } as Record<string, unknown>;
  const kernelChanged = new Signal<object, unknown>(state);
  const statusChanged = new Signal<object, string>(state);
  kernel?.statusChanged.connect((_, status) => statusChanged.emit(status));
  Object.assign(state, { kernelChanged, statusChanged });
  return {
    session: state as unknown as ISessionContext,
    change: next => {
      state.session = next && { kernel: next };
      kernelChanged.emit({});
    }
  };
}

const host = fakeHost() as unknown as IMlnbHost;
const knows: Answer = () => ({ status: 200, body: {} });
const forgot: Answer = () => ({
  status: 404,
  body: { error_code: 'FRAME_NOT_FOUND' }
});

async function linkTo(kernel: FakeKernel | null): Promise<KernelLink> {
  const link = new KernelLink(sessionOf(kernel).session, host, VIEW);
  await settle();
  return link;
}

describe('the workspace of a kernel', () => {
  it('is what it says itself, asked for where it has loaded the extension', async () => {
    const kernel = new FakeKernel(true, knows);
    const ask = (one: FakeKernel): Promise<string | null> =>
      workspaceOf(one as unknown as Kernel.IKernelConnection);
    await expect(ask(kernel)).resolves.toBe('/w');
    await expect(ask(kernel)).resolves.toBe('/w');
    expect(kernel.opened).toBe(1);
    await expect(ask(new FakeKernel(false, knows))).resolves.toBeNull();
  });

  it('is told with the notebook in view, until the kernel is started again', async () => {
    const kernel = new FakeKernel(true, knows);
    const { session, change } = sessionOf(null);
    const owner = {};
    const panel = {
      sessionContext: session,
      context: {
        localPath: 'a.ipynb',
        ready: Promise.resolve(),
        model: { contentChanged: new Signal<object, void>(owner) },
        pathChanged: new Signal<object, string>(owner)
      },
      model: { cells: { length: 0 } },
      content: { activeCell: null }
    };
    const source = new NotebookInView({
      currentWidget: panel,
      currentChanged: new Signal<object, unknown>(owner),
      activeCellChanged: new Signal<object, unknown>(owner)
    } as unknown as INotebookTracker);
    const stop = source.subscribe(() => undefined);
    await settle();
    expect(source.current?.workspace).toBeUndefined();
    change(kernel);
    await settle();
    expect(source.current?.workspace).toBe('/w');
    (session.statusChanged as Signal<object, string>).emit('restarting');
    expect(source.current?.workspace).toBeUndefined();
    stop();
  });
});

describe('the link of an output', () => {
  it('is live while its kernel knows the rows, over one comm for all outputs', async () => {
    const kernel = new FakeKernel(true, knows);
    const [first, second] = [await linkTo(kernel), await linkTo(kernel)];
    expect([first.current, second.current]).toEqual(['live', 'live']);
    expect(kernel.opened).toBe(1);
    await expect(first.transport.request('x')).resolves.toEqual({});
  });

  it('is gone where the kernel does not know them, or nobody asked it to', async () => {
    expect((await linkTo(new FakeKernel(true, forgot))).current).toBe('gone');
    expect((await linkTo(null)).current).toBe('gone');
    // Opening a comm would be an error in the log of a kernel that has not loaded the extension.
    const kernel = new FakeKernel(false, knows);
    expect((await linkTo(kernel)).current).toBe('gone');
    expect(kernel.opened).toBe(0);
  });

  it('goes with its kernel, and comes back with one that knows it', async () => {
    const kernel = new FakeKernel(true, knows);
    const { session, change } = sessionOf(kernel);
    const link = new KernelLink(session, host, VIEW);
    await settle();
    const heard = jest.fn();
    link.subscribe(heard);
    const waiting = link.transport.request('x');
    kernel.statusChanged.emit('dead');
    await waiting.catch(() => undefined);
    expect(link.current).toBe('gone');
    expect(heard).toHaveBeenCalled();
    await expect(link.transport.request('y')).rejects.toMatchObject({
      hint: 'Run the cell again.'
    });
    change(new FakeKernel(true, knows));
    await settle();
    expect(link.current).toBe('live');
    link.dispose();
    change(null);
    await settle();
    expect(link.current).toBe('live');
  });

  it('asks the server about a stored profile of its own workspace only', async () => {
    const server = fakeHost({
      'POST api/1.0/explore/profiles/p1/drill': { kind: 'rows', columns: {} }
    });
    const { current } = server.connection;
    const id = current.kind === 'ready' ? current.status.workspace.id : '';
    const look = async (workspace_id: string): Promise<string> => {
      const view = {
        component: 'ProfileView',
        props: { id: 'p1' },
        workspace_id
      };
      const link = new KernelLink(null, server as unknown as IMlnbHost, view);
      await settle();
      return link.current;
    };
    expect(await look(id)).toBe('live');
    expect(await look('another')).toBe('gone');
  });

  it('asks the server about a run in the background first, and stays when the kernel dies', async () => {
    const asked = jest.fn(knows);
    const kernel = new FakeKernel(true, asked);
    const { session } = sessionOf(kernel);
    const server = fakeHost({
      'GET api/1.0/runs/r1/background': { run_id: 'r1' }
    }) as unknown as IMlnbHost;
    const { current } = server.connection;
    const link = new KernelLink(session, server, {
      component: 'BackgroundRun',
      workspace_id: current.kind === 'ready' ? current.status.workspace.id : '',
      props: { id: 'r1' }
    });
    await settle();
    expect(link.current).toBe('live');
    expect(asked).not.toHaveBeenCalled();
    kernel.statusChanged.emit('dead');
    await settle();
    expect(link.current).toBe('live');
  });
});

describe('the renderer', () => {
  const factory = outputFactory(host, null);

  it('is safe and goes before widgets', () => {
    expect(factory.safe).toBe(true);
    expect(factory.defaultRank).toBeLessThan(-10);
    expect(factory.mimeTypes).toEqual([MIME_TYPE]);
  });

  it.each([
    null,
    42,
    [],
    { component: 7 },
    { component: 'constructor', snapshot: '<img src=x onerror=alert(1)>' },
    { component: 'DataGrid', snapshot: { rows: 'no', columns: null } }
  ])('shows %j as data and runs nothing', async data => {
    const widget = new OutputWidget(host, null, MIME_TYPE);
    const model = new MimeModel({ data: { [MIME_TYPE]: data as never } });
    await widget.renderModel(model);
    await settle();
    expect(widget.node.querySelector('img')).toBeNull();
    widget.dispose();
  });

  it('reads a view as data of known shapes', () => {
    expect(viewOf({ component: 'X', props: [], snapshot: 3 })).toMatchObject({
      props: {},
      snapshot: null
    });
    expect(viewOf({})).toBeNull();
  });
});
