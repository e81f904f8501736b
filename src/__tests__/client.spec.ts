import { NetworkError } from '@mlnb/ui/lib/api/errors';
import type { IChanges } from '@mlnb/ui/lib/host';
import { ServerConnection } from '../client/connection';
import {
  JOURNAL_SCHEMA,
  JournalEvents,
  PROGRESS_SCHEMA
} from '../client/events';
import { LabTransport } from '../client/transport';
import { fakeApp, settle } from './fakeApp';

const STATUS = {
  api: 1,
  version: '0.1.0',
  workspace: { id: 'w', path: '/w', state: 'ready' as const },
  supervisor: { running: true },
  user: 'ada',
  counts: { running: 0, requests: 0, alerts: 0 }
};

describe('transport', () => {
  it('asks below the base address, whatever is in it', async () => {
    const fake = fakeApp(() => ({ status: 200, body: { ok: true } }));
    const { serverSettings } = fake.app.serviceManager;
    const transport = new LabTransport(serverSettings, () => undefined);
    await expect(
      transport.request('api/1.0/tree', { query: { parent: 'a b' } })
    ).resolves.toEqual({ ok: true });
    expect(fake.requests).toEqual(['mlnb/api/1.0/tree?parent=a+b']);
  });

  it('says that a body is JSON', async () => {
    let type: string | null = null;
    const fake = fakeApp();
    const { serverSettings } = fake.app.serviceManager;
    const settings = {
      ...serverSettings,
      fetch: async (input: unknown): Promise<Response> => {
        type = (input as Request).headers.get('Content-Type');
        return new Response('{}');
      }
    };
    const transport = new LabTransport(settings as never, () => undefined);
    await transport.request('x', { method: 'POST', body: {} });
    expect(type).toBe('application/json');
  });

  it('gives the error of the body, with code and hint', async () => {
    const fake = fakeApp(() => ({
      status: 400,
      body: {
        error_code: 'INVALID_PARAMETER_VALUE',
        message: 'no',
        details: [{ metadata: { hint: 'try x' } }]
      }
    }));
    const { serverSettings } = fake.app.serviceManager;
    const transport = new LabTransport(serverSettings, () => undefined);
    await expect(transport.request('x')).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      hint: 'try x',
      status: 400
    });
  });

  it('knows a lost network', async () => {
    const reached: boolean[] = [];
    const fake = fakeApp(() => {
      throw new TypeError('Failed to fetch');
    });
    const { serverSettings } = fake.app.serviceManager;
    const transport = new LabTransport(serverSettings, one =>
      reached.push(one)
    );
    await expect(transport.request('x')).rejects.toBeInstanceOf(NetworkError);
    expect(reached).toEqual([false]);
  });
});

describe('connection', () => {
  async function stateAfter(
    ask: () => Promise<typeof STATUS>
  ): Promise<ServerConnection['current']> {
    const connection = new ServerConnection(ask);
    await connection.retry();
    connection.dispose();
    return connection.current;
  }

  it('is ready, or too old, or being upgraded', async () => {
    expect(await stateAfter(async () => STATUS)).toMatchObject({
      kind: 'ready'
    });
    expect(await stateAfter(async () => ({ ...STATUS, api: 0 }))).toMatchObject(
      { kind: 'incompatible', needed: 1 }
    );
    // A newer server keeps what an older page asks for.
    expect(await stateAfter(async () => ({ ...STATUS, api: 9 }))).toMatchObject(
      { kind: 'ready' }
    );
    const workspace = { id: 'w', path: '/w', state: 'migrating' as never };
    expect(
      await stateAfter(async () => ({ ...STATUS, workspace }))
    ).toMatchObject({ kind: 'migrating' });
  });

  it('says that the server part is missing on a bare 404', async () => {
    const fake = fakeApp();
    const { serverSettings } = fake.app.serviceManager;
    const transport = new LabTransport(serverSettings, () => undefined);
    expect(await stateAfter(() => transport.request('api/1.0/status'))).toEqual(
      { kind: 'missing' }
    );
  });

  it('is lost when a request finds nobody, and comes back by itself', async () => {
    let broken = false;
    const connection = new ServerConnection(async () => {
      if (broken) {
        throw new NetworkError('gone');
      }
      return STATUS;
    });
    await connection.retry();
    const seen: string[] = [];
    connection.subscribe(() => seen.push(connection.current.kind));
    broken = true;
    connection.noteNetwork(false);
    broken = false;
    connection.noteNetwork(true);
    await settle();
    expect(seen).toEqual(['lost', 'ready']);
    connection.dispose();
  });
});

describe('events', () => {
  const event = (id: number, subject = 'table:a.b.c'): object => ({
    schema_id: JOURNAL_SCHEMA,
    id,
    time: 1,
    actor: 'ada',
    action: 'x',
    subject,
    summary: ''
  });

  function listen(after = jest.fn()): {
    fake: ReturnType<typeof fakeApp>;
    changes: IChanges[];
    after: jest.Mock;
    events: JournalEvents;
  } {
    const fake = fakeApp();
    const changes: IChanges[] = [];
    const { stream } = fake.app.serviceManager.events;
    const events = new JournalEvents(stream, after);
    events.onChanges(one => changes.push(one));
    return { fake, changes, after, events };
  }

  it('are passed on as they come', () => {
    const { fake, changes, after } = listen();
    fake.emit(event(1) as never);
    fake.emit(event(2) as never);
    fake.emit({ schema_id: 'https://elsewhere', id: 9 });
    expect(changes.map(one => one.events[0].id)).toEqual([1, 2]);
    expect(after).not.toHaveBeenCalled();
  });

  it('that were missed are asked for when ids skip', async () => {
    const missed = [event(2), event(3), event(4)];
    const after = jest
      .fn()
      .mockResolvedValue({ events: missed, last_id: 4, gap: false });
    const { fake, changes } = listen(after);
    fake.emit(event(1) as never);
    fake.emit(event(4) as never);
    await settle();
    expect(after).toHaveBeenCalledWith(1);
    expect(changes[1].events).toHaveLength(3);
    fake.emit(event(5) as never);
    expect(after).toHaveBeenCalledTimes(1);
  });

  it('that were missed are asked for when the page is seen again', async () => {
    const after = jest
      .fn()
      .mockResolvedValue({ events: [], last_id: 9, gap: true });
    const { fake, changes } = listen(after);
    fake.emit(event(1) as never);
    document.dispatchEvent(new Event('visibilitychange'));
    await settle();
    expect(changes.pop()).toEqual({ events: [], gap: true });
  });

  it('of progress reach those who watch', () => {
    const { fake, events } = listen();
    const seen: unknown[] = [];
    events.onProgress(one => seen.push(one.done));
    fake.emit({ schema_id: PROGRESS_SCHEMA, subject: 'job_run:1', done: 3 });
    expect(seen).toEqual([3]);
  });

  it('are let go of on disposal', () => {
    const { fake, changes, events } = listen();
    events.dispose();
    fake.emit(event(1) as never);
    expect(changes).toEqual([]);
  });
});
