import { ServerConnection } from '@jupyterlab/services';
import { LabTransport } from '../client/transport';
import { saveNotebook } from '../notebook/openNotebook';
import { fakeApp } from './fakeApp';

function transport(answer: () => Response): {
  lab: LabTransport;
  reached: boolean[];
} {
  const reached: boolean[] = [];
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://lab/user/a@b/',
    token: '',
    fetch: async () => answer()
  });
  return { lab: new LabTransport(settings, one => reached.push(one)), reached };
}

describe('files from the server', () => {
  it.each([
    ['attachment; filename="rows.csv"', 'rows.csv'],
    [null, 'my file.txt']
  ])('that say %p are called %s', async (disposition, name) => {
    const headers: Record<string, string> = disposition
      ? { 'Content-Disposition': disposition }
      : {};
    const { lab, reached } = transport(
      () => new Response('1,2', { status: 200, headers })
    );
    const file = await lab.file('api/1.0/runs/r/artifacts/my%20file.txt');
    expect(file.name).toBe(name);
    expect(await file.data.text()).toBe('1,2');
    expect(reached).toEqual([true]);
  });

  it('that are refused say why', async () => {
    const body = { error_code: 'RUN_NOT_FOUND', message: 'Gone.' };
    const { lab } = transport(
      () => new Response(JSON.stringify(body), { status: 404 })
    );
    await expect(lab.file('api/1.0/x')).rejects.toThrow('Gone.');
  });
});

describe('saving a notebook', () => {
  it('takes the next name that is free, and opens it', async () => {
    const { app } = fakeApp();
    const saved: [string, unknown][] = [];
    const opened: unknown[] = [];
    Object.assign(app.serviceManager, {
      contents: {
        get: async () => ({
          content: [{ name: 'a.ipynb' }, { name: 'a (2).ipynb' }]
        }),
        save: async (path: string, { content }: { content: unknown }) =>
          void saved.push([path, content])
      }
    });
    app.commands.addCommand('docmanager:open', {
      describedBy: { args: {} },
      execute: args => void opened.push(args.path)
    });
    expect(await saveNotebook(app, { cells: [] }, 'x/a.ipynb')).toBe(
      'x/a (3).ipynb'
    );
    expect(saved).toEqual([['x/a (3).ipynb', { cells: [] }]]);
    expect(opened).toEqual(['x/a (3).ipynb']);
  });
});
