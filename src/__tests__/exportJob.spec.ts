import { Dialog } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { fakeHost } from '../../ui/src/testing/fakeHost';
import type { IFakeHost } from '../../ui/src/testing/fakeHost';
import type { FakeRoutes } from '../../ui/src/testing/fakeServer';
import { CommandIDs } from '../commandIds';
import exportJob from '../notebook/exportJob';
import { fakeApp, settle } from './fakeApp';

const CHECK = {
  path: 'reports/nightly.ipynb',
  kernel: 'python3',
  cells: 6,
  parameters: [
    { name: 'airport', default: 'JFK', type: 'str' },
    { name: 'rate', default: 0.25, type: 'float' }
  ]
};

/** A notebook in view with changes that are not saved. */
function notebook(): { panel: NotebookPanel; save: jest.Mock } {
  const model = { dirty: true };
  const save = jest.fn(async () => {
    model.dirty = false;
  });
  const panel = {
    context: { model, save, localPath: 'reports/nightly.ipynb' }
  };
  return { panel: panel as unknown as NotebookPanel, save };
}

function activate(
  panel: NotebookPanel | null,
  routes: FakeRoutes = {}
): { host: IFakeHost; run: () => Promise<void> } {
  const { app } = fakeApp();
  const host = fakeHost({
    'GET api/1.0/jobs/check': CHECK,
    'POST api/1.0/jobs/from-notebook': { job_id: 7, run_id: 17 },
    ...routes
  });
  void exportJob.activate(app, host, { currentWidget: panel }, null);
  return { host, run: () => app.commands.execute(CommandIDs.exportAsJob) };
}

/** The dialog once it is there. */
async function dialog(): Promise<HTMLElement> {
  await settle(200);
  const node = document.querySelector<HTMLElement>('.jp-Dialog');
  if (!node) {
    throw new Error('No dialog was opened.');
  }
  return node;
}

afterEach(() => Dialog.flush());

describe('export as job', () => {
  it('saves the notebook, sends what was changed and opens the run', async () => {
    const { panel, save } = notebook();
    const { host, run } = activate(panel);
    const done = run();
    const node = await dialog();
    expect(save).toHaveBeenCalled();
    const fields = [...node.querySelectorAll<HTMLInputElement>('input')];
    expect(fields.map(field => field.value)).toEqual([
      'nightly',
      'JFK',
      '0.25',
      'on'
    ]);
    expect(node.textContent).toContain('kernel python3');
    fields[2].value = '0.1';
    node.querySelector<HTMLElement>('.jp-mod-accept')?.click();
    await done;
    const request = host.server.requests.find(one => one.method === 'POST');
    expect(request?.body).toEqual({
      path: 'reports/nightly.ipynb',
      name: 'nightly',
      parameters: { rate: '0.1' },
      run_now: true
    });
    expect(host.opened).toEqual(['mlnb:job-run/17']);
  });

  it('opens the job when it is not to run now', async () => {
    const { host, run } = activate(notebook().panel, {
      'POST api/1.0/jobs/from-notebook': { job_id: 7 }
    });
    const done = run();
    const node = await dialog();
    node.querySelector<HTMLInputElement>('[type=checkbox]')?.click();
    node.querySelector<HTMLElement>('.jp-mod-accept')?.click();
    await done;
    expect(host.opened).toEqual(['mlnb:job/7']);
  });

  it('does nothing when the dialog is left', async () => {
    const { host, run } = activate(notebook().panel);
    const done = run();
    const node = await dialog();
    node.querySelector<HTMLElement>('.jp-mod-reject')?.click();
    await done;
    expect(host.server.requests.every(one => one.method === 'GET')).toBe(true);
    expect(host.opened).toEqual([]);
  });

  it('says why a notebook cannot become a job, before it asks anything', async () => {
    const { host, run } = activate(notebook().panel, {
      'GET api/1.0/jobs/check': new Error('There is no kernel julia.')
    });
    await run();
    expect(host.notices).toMatchObject([
      { kind: 'error', message: 'There is no kernel julia.' }
    ]);
    expect(document.querySelector('.jp-Dialog')).toBeNull();
  });

  it('says so when no notebook is in view', async () => {
    const { host, run } = activate(null);
    await run();
    expect(host.notices).toMatchObject([{ kind: 'info' }]);
    expect(host.server.requests).toEqual([]);
  });
});
