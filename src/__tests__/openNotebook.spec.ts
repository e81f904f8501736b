import { PageConfig } from '@jupyterlab/coreutils';
import { contentsPath, openNotebook } from '../notebook/openNotebook';
import { fakeApp } from './fakeApp';

describe('the path below the server’s folder', () => {
  it.each([
    ['/w/reports/a b.ipynb', '/w', 'reports/a b.ipynb'],
    ['/w/a.ipynb', '/w/', 'a.ipynb'],
    ['/a.ipynb', '/', 'a.ipynb'],
    ['/home/ada/work/a.ipynb', '~/work', 'a.ipynb'],
    ['/root/a.ipynb', '~', 'a.ipynb'],
    ['C:\\Users\\ada\\work\\a.ipynb', '~/work', 'a.ipynb'],
    ['reports/a.ipynb', '/w', 'reports/a.ipynb'],
    ['/elsewhere/a.ipynb', '/w', null],
    ['/work2/a.ipynb', '/work', null]
  ])('of %s in %s is %s', (path, root, expected) => {
    expect(contentsPath(path, root)).toBe(expected);
  });
});

describe('opening a notebook', () => {
  function start(there: boolean): {
    open: (path: string, cell?: string) => Promise<string>;
    opened: unknown[];
    content: { activeCellIndex: number };
  } {
    PageConfig.setOption('serverRoot', '/w');
    const { app } = fakeApp();
    const opened: unknown[] = [];
    const content = {
      widgets: [{ model: { id: 'one' } }, { model: { id: 'two' } }],
      activeCellIndex: 0,
      scrollToItem: async () => undefined
    };
    app.commands.addCommand('docmanager:open', {
      describedBy: { args: {} },
      execute: args => {
        opened.push(args.path);
        return { context: { ready: null }, revealed: null, content };
      }
    });
    Object.assign(app.serviceManager, {
      contents: {
        get: async () => {
          if (!there) {
            throw new Error('404');
          }
        }
      }
    });
    return {
      open: (path, cell) => openNotebook(app, path, cell),
      opened,
      content
    };
  }

  it('activates the cell', async () => {
    const { open, opened, content } = start(true);
    expect(await open('/w/a.ipynb', 'two')).toBe('cell');
    expect(opened).toEqual(['a.ipynb']);
    expect(content.activeCellIndex).toBe(1);
  });

  it('says when only the notebook is left', async () => {
    expect(await start(true).open('/w/a.ipynb', 'gone')).toBe('notebook');
  });

  it('opens nothing that is gone or elsewhere', async () => {
    const { open, opened } = start(false);
    expect(await open('/w/a.ipynb')).toBe('missing');
    expect(await open('/elsewhere/a.ipynb')).toBe('missing');
    expect(opened).toEqual([]);
  });
});
