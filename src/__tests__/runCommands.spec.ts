import type { IStatusBar } from '@jupyterlab/statusbar';
import { fakeHost } from '../../ui/src/testing/fakeHost';
import type { IFakeHost } from '../../ui/src/testing/fakeHost';
import type { FakeRoutes } from '../../ui/src/testing/fakeServer';
import { runsRoutes } from '../../ui/src/testing/fixtures.runs';
import { STATUS } from '../../ui/src/testing/status';
import statusItem, { countsText } from '../client/statusItem';
import { CommandIDs } from '../commandIds';
import { addRunCommands } from '../experiments/runCommands';
import type { IMlnbDocuments } from '../tokens';
import { asHost, fakeApp, settle } from './fakeApp';

function start(
  current: string | null,
  routes: FakeRoutes = {}
): {
  host: IFakeHost;
  opened: string[];
  run: (id: string, args?: object) => Promise<unknown>;
} {
  const { app } = fakeApp();
  const host = fakeHost({ ...runsRoutes(), ...routes });
  const opened: string[] = [];
  const documents = {
    current,
    open: async (address: string) => void opened.push(address)
  } as unknown as IMlnbDocuments;
  addRunCommands(app, asHost(host), documents, null);
  return {
    host,
    opened,
    run: (id, args = {}) => app.commands.execute(id, args as never)
  };
}

describe('commands on runs', () => {
  it('open the difference and the comparison of those named', async () => {
    const { opened, run } = start(null);
    await run(CommandIDs.diffRuns, { run_ids: ['a', 'b'] });
    await run(CommandIDs.compareRuns, { run_ids: ['a', 'b', 'c'] });
    await run(CommandIDs.compareRuns);
    expect(opened).toEqual([
      'mlnb:diff/a/b',
      'mlnb:compare/a%2Cb%2Cc',
      'mlnb:compare/tray'
    ]);
  });

  it('mean the run in view when none is named', async () => {
    const { host, opened, run } = start('mlnb:run/r7?tab=code');
    await run(CommandIDs.replayRun, { data: 'latest' });
    await run(CommandIDs.trashRuns);
    expect(opened).toEqual(['mlnb:run/r7?tab=replays']);
    const posts = host.server.requests.filter(one => one.method === 'POST');
    expect(posts.map(one => [one.path, one.body])).toEqual(
      expect.arrayContaining([
        ['api/1.0/runs/r7/replay', { data: 'latest' }],
        ['api/1.0/runs/actions', { action: 'trash', run_ids: ['r7'] }]
      ])
    );
  });

  it('say what to do when there is none', async () => {
    const { host, run } = start(null);
    await run(CommandIDs.trashRuns);
    await run(CommandIDs.diffRuns, { run_ids: ['a'] });
    expect(host.notices.map(one => one.message)).toEqual([
      'No run is in view.',
      'That takes two runs.'
    ]);
    expect(host.server.requests).toEqual([]);
  });

  it('lay runs aside under their names', async () => {
    const { host, run } = start(null, {
      'GET api/1.0/me/state/*': {},
      'PUT api/1.0/me/state/*': {},
      'POST api/1.0/runs/compare': {
        runs: [{ run_id: 'a', name: 'first' }],
        params: [],
        metrics: [],
        tags: [],
        attributes: []
      }
    });
    await run(CommandIDs.addToCompare, { run_ids: ['a', 'b'] });
    await settle();
    const put = host.server.requests.find(one => one.method === 'PUT');
    expect(put?.body).toEqual({
      value: [
        { run_id: 'a', name: 'first' },
        { run_id: 'b', name: 'b' }
      ]
    });
  });
});

describe('status item', () => {
  function register(routes: FakeRoutes = {}): {
    host: IFakeHost;
    item: IStatusBar.IItem;
  } {
    const { app } = fakeApp();
    const host = fakeHost(routes);
    let item: IStatusBar.IItem | null = null;
    const bar = {
      registerStatusItem: (_: string, options: IStatusBar.IItem) => {
        item = options;
      }
    };
    void statusItem.activate(app, host, bar);
    return { host, item: item as unknown as IStatusBar.IItem };
  }

  it('is words for what is not zero', () => {
    const host = fakeHost();
    expect(
      countsText({ running: 2, requests: 1, alerts: 0 }, asHost(host))
    ).toBe('2 running · 1 request');
    expect(
      countsText({ running: 0, requests: 0, alerts: 0 }, asHost(host))
    ).toBe('');
  });

  it('appears when a run begins, and lists it', async () => {
    let running = 0;
    const name = 'attributes.run_name';
    const { host, item } = register({
      'GET api/1.0/status': () => ({
        ...STATUS,
        counts: { running, requests: 0, alerts: 0 }
      }),
      'POST api/1.0/runs/query': {
        total: 1,
        offset: 0,
        ids: ['r1'],
        columns: [{ key: name, type: 'string', values: ['first'] }]
      }
    });
    host.connection.set({
      kind: 'ready',
      status: { ...STATUS, counts: { running: 0, requests: 0, alerts: 0 } }
    });
    expect(item.isActive?.()).toBe(false);
    let changes = 0;
    item.activeStateChanged?.connect(() => (changes += 1));
    running = 1;
    host.events.change('run:r1', 'run.started');
    host.events.change('run:r1', 'run.tagged');
    await settle(1200);
    expect(item.isActive?.()).toBe(true);
    expect(changes).toBe(1);
    expect(host.server.count('GET api/1.0/status')).toBe(1);
    item.item.node.querySelector('button')?.click();
    await settle();
    const [menu] = host.menus;
    expect(menu[0]).toMatchObject({ label: 'first' });
    if (menu[0].kind === undefined) {
      (menu[0] as { run: () => void }).run();
    }
    expect(host.opened).toEqual(['mlnb:run/r1']);
  });
});
