import { NotebookActions } from '@jupyterlab/notebook';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { PanelLayout, Widget } from '@lumino/widgets';
import { createHash } from 'crypto';
import type { INotebookRun } from '../../ui/src/api/types.replay';
import { fakeHost } from '../../ui/src/testing/fakeHost';
import type { IFakeHost } from '../../ui/src/testing/fakeHost';
import { CommandIDs } from '../commandIds';
import { CellMarks, markOf } from '../notebook/cellMarks';
import { NotebookInView } from '../notebook/inView';
import runCells, { headCell } from '../notebook/runCells';
import { asHost, fakeApp, settle } from './fakeApp';

const ROUTE = 'GET api/1.0/runs/notebook';

function run(change: Partial<INotebookRun> = {}): INotebookRun {
  return {
    run_id: 'r1',
    name: 'first',
    status: 'FINISHED',
    cell_id: 'c1',
    code_sha256: createHash('sha256').update('a = 1\n').digest('hex'),
    reproducible: 'clean',
    metrics: { auc: 0.75 },
    params: {},
    models: 0,
    ...change
  };
}

interface IFakeCell extends Widget {
  model: {
    id: string;
    type: string;
    sharedModel: { getSource: () => string; updateSource: jest.Mock };
  };
  ready: Promise<void>;
  source: string;
}

function fakeCell(id: string, source: string, type = 'code'): IFakeCell {
  const cell = new Widget() as IFakeCell;
  const layout = new PanelLayout();
  cell.layout = layout;
  const input = new Widget();
  input.addClass('jp-Cell-inputWrapper');
  layout.addWidget(new Widget());
  layout.addWidget(input);
  layout.addWidget(new Widget());
  cell.source = source;
  cell.ready = Promise.resolve();
  cell.model = {
    id,
    type,
    sharedModel: {
      getSource: () => cell.source,
      updateSource: jest.fn((from: number, to: number, text: string) => {
        cell.source = cell.source.slice(0, from) + text + cell.source.slice(to);
      })
    }
  };
  return cell;
}

function fakePanel(cells: IFakeCell[]): {
  panel: NotebookPanel;
  changed: () => void;
  close: () => void;
} {
  const owner = {};
  const contentChanged = new Signal<object, void>(owner);
  const disposed = new Signal<object, void>(owner);
  const panel = {
    isDisposed: false,
    disposed,
    context: {
      localPath: 'a.ipynb',
      path: 'a.ipynb',
      ready: Promise.resolve(),
      model: { contentChanged },
      pathChanged: new Signal<object, string>(owner)
    },
    model: {
      cells: {
        length: cells.length,
        get: (i: number) => cells[i].model
      }
    },
    content: {
      widgets: cells,
      activeCell: cells[0],
      activeCellIndex: 0,
      activeCellChanged: new Signal<object, unknown>(owner)
    }
  };
  return {
    panel: panel as unknown as NotebookPanel,
    changed: () => contentChanged.emit(),
    close: () => {
      panel.isDisposed = true;
      disposed.emit();
    }
  };
}

function marksOf(cell: IFakeCell): string[] {
  return [...cell.node.querySelectorAll('.jp-mlnb-CellMark-text')].map(
    node => node.textContent ?? ''
  );
}

describe('the mark of a cell', () => {
  const host = fakeHost();

  it('says that the code is not what made the run', () => {
    const cell = { id: 'c1', source: '%%mlrun\na = 2' };
    expect(markOf(cell, run(), host)?.text).toBe(
      'Changed since run first (auc 0.75)'
    );
    expect(
      markOf({ ...cell, source: '%%mlrun\na = 1' }, run(), host)
    ).toBeNull();
  });

  it('says that cells ran in another order', () => {
    const cell = { id: 'c1', source: '%%mlrun\na = 1' };
    expect(
      markOf(cell, run({ reproducible: 'out_of_order' }), host)?.text
    ).toBe('Run first (auc 0.75): out of order');
  });

  it('says nothing while the run goes on, nor without one', () => {
    const cell = { id: 'c1', source: '%%mlrun\na = 2' };
    expect(markOf(cell, run({ status: 'RUNNING' }), host)).toBeNull();
    expect(markOf(cell, undefined, host)).toBeNull();
  });
});

describe('marks in a notebook', () => {
  function start(
    cells: IFakeCell[],
    runs: INotebookRun[]
  ): { host: IFakeHost } & ReturnType<typeof fakePanel> {
    const host = fakeHost({ [ROUTE]: () => ({ runs, path: 'a.ipynb' }) });
    const fake = fakePanel(cells);
    new CellMarks(fake.panel, asHost(host));
    return { host, ...fake };
  }

  it('stand below the input, lead to the run, and go when the code is back', async () => {
    const cell = fakeCell('c1', '%%mlrun\na = 2');
    const { host, changed } = start([cell, fakeCell('c2', 'b = 1')], [run()]);
    await settle(600);
    expect(marksOf(cell)).toEqual(['Changed since run first (auc 0.75)']);
    const [, , mark] = (cell.layout as PanelLayout).widgets;
    expect(mark.node.getAttribute('role')).toBe('note');
    mark.node.querySelector('button')?.click();
    expect(host.opened).toEqual(['mlnb:run/r1?tab=code']);
    cell.source = '%%mlrun\na = 1';
    changed();
    await settle(600);
    expect(marksOf(cell)).toEqual([]);
    expect(host.server.count(ROUTE)).toBe(1);
  });

  it('are asked for again when a run ends', async () => {
    const runs: INotebookRun[] = [];
    const cell = fakeCell('c1', '%%mlrun\na = 2');
    const { host } = start([cell], runs);
    await settle(600);
    runs.push(run());
    host.events.change('run:r1', 'run.ended');
    await settle(600);
    expect(marksOf(cell)).toHaveLength(1);
    expect(host.server.count(ROUTE)).toBe(2);
  });

  it('ask nothing for a notebook without runs, nor after it is closed', async () => {
    const { host, close, changed } = start([fakeCell('c1', 'a = 1')], [run()]);
    await settle(600);
    close();
    changed();
    host.events.change('run:r1');
    await settle(600);
    expect(host.server.requests).toEqual([]);
  });
});

describe('a cell as an experiment', () => {
  it('gets the magic once, and not on top of another', () => {
    expect(headCell('a = 1')).toBe('%%mlrun\n');
    expect(headCell('\n%%mlrun --name x\na = 1')).toBe('');
    expect(headCell('%%sql\nSELECT 1')).toBeNull();
    expect(headCell('%time a = 1')).toBe('%%mlrun\n');
  });

  it('loads the extension first where the kernel has none, and runs under the magic', async () => {
    const { app } = fakeApp();
    const cell = fakeCell('c1', 'a = 1');
    const { panel } = fakePanel([cell]);
    const executed: unknown[] = [];
    const kernel = {
      info: Promise.resolve({ language_info: { name: 'python' } }),
      requestExecute: (content: unknown) => {
        executed.push(content);
        return { done: Promise.resolve() };
      }
    };
    Object.assign(panel.context, {
      save: async () => void executed.push('save')
    });
    Object.assign(panel.context.model, { dirty: true });
    Object.assign(panel, {
      sessionContext: { ready: Promise.resolve(), session: { kernel } }
    });
    const ran = jest
      .spyOn(NotebookActions, 'run')
      .mockImplementation(async () => {
        executed.push(cell.source);
        return true;
      });
    const tracker = {
      currentWidget: panel,
      widgetAdded: new Signal<object, NotebookPanel>({}),
      find: () => undefined
    };
    void runCells.activate(
      app,
      fakeHost(),
      tracker as unknown as INotebookTracker,
      null
    );
    await app.commands.execute(CommandIDs.runCellAsExperiment, {});
    await app.commands.execute(CommandIDs.runCellAsExperiment, {});
    expect(executed).toEqual([
      'save',
      { code: '%load_ext mlnb', silent: true },
      '%%mlrun\na = 1',
      'save',
      { code: '%load_ext mlnb', silent: true },
      '%%mlrun\na = 1'
    ]);
    ran.mockRestore();
  });

  it('is told why it cannot be one', async () => {
    const { app } = fakeApp();
    const host = fakeHost();
    const cell = fakeCell('c1', '%%sql\nSELECT 1');
    const { panel } = fakePanel([cell]);
    const tracker = {
      currentWidget: panel,
      widgetAdded: new Signal<object, NotebookPanel>({}),
      find: () => undefined
    };
    void runCells.activate(
      app,
      host,
      tracker as unknown as INotebookTracker,
      null
    );
    await app.commands.execute(CommandIDs.runCellAsExperiment, {});
    expect(host.notices[0].message).toBe(
      'The cell belongs to another magic already.'
    );
    expect(cell.source).toBe('%%sql\nSELECT 1');
    expect(app.commands.isVisible(CommandIDs.showCellRuns, {})).toBe(true);
    expect(
      app.commands.isVisible(CommandIDs.showCellRuns, { cell_id: 'no' })
    ).toBe(false);
  });
});

describe('a notebook with a run', () => {
  function start(
    source: string,
    model: { dirty: boolean; readOnly: boolean },
    wanted = true
  ): { save: jest.Mock; schedule: () => void } {
    const { app } = fakeApp();
    const cell = fakeCell('c1', source);
    const { panel } = fakePanel([cell]);
    const save = jest.fn(async () => undefined);
    Object.assign(panel.context, { save });
    Object.assign(panel.context.model, model);
    const tracker = {
      currentWidget: panel,
      widgetAdded: new Signal<object, NotebookPanel>({}),
      find: (fits: (one: NotebookPanel) => boolean) =>
        fits(panel) ? panel : undefined
    };
    const host = fakeHost(
      {},
      {
        preference: async () => wanted as never
      }
    );
    void runCells.activate(
      app,
      host,
      tracker as unknown as INotebookTracker,
      null
    );
    const scheduled = NotebookActions.executionScheduled as unknown as Signal<
      object,
      object
    >;
    return {
      save,
      schedule: () => scheduled.emit({ notebook: panel.content, cell })
    };
  }

  it.each([
    ['%%mlrun\na = 1', true, false, true, 1],
    ['a = 1', true, false, true, 0],
    ['%%mlrun\na = 1', false, false, true, 0],
    ['%%mlrun\na = 1', true, true, true, 0],
    ['%%mlrun\na = 1', true, false, false, 0]
  ])(
    'is saved as %j begins (changed %p, read-only %p, wanted %p)',
    async (source, dirty, readOnly, wanted, times) => {
      const { save, schedule } = start(source, { dirty, readOnly }, wanted);
      schedule();
      await settle();
      expect(save).toHaveBeenCalledTimes(times);
    }
  );
});

describe('the notebook in view', () => {
  it('is told with its cells, and again when it changes, while somebody listens', async () => {
    const cells = [fakeCell('c1', 'a = 1'), fakeCell('m', '# Hi', 'markdown')];
    const { panel, changed } = fakePanel(cells);
    const owner = {};
    const tracker = {
      currentWidget: panel,
      currentChanged: new Signal<object, NotebookPanel | null>(owner),
      activeCellChanged: new Signal<object, unknown>(owner)
    };
    const source = new NotebookInView(tracker as unknown as INotebookTracker);
    expect(source.current).toBe(source.current);
    let told = 0;
    const stop = source.subscribe(() => (told += 1));
    expect(source.current).toEqual({
      path: 'a.ipynb',
      activeCell: 'c1',
      cells: [
        { id: 'c1', isCode: true, source: 'a = 1' },
        { id: 'm', isCode: false, source: '# Hi' }
      ]
    });
    await settle(50);
    told = 0;
    cells[0].source = 'a = 2';
    changed();
    changed();
    await settle(400);
    expect(told).toBe(1);
    expect(source.current?.cells[0].source).toBe('a = 2');
    stop();
    changed();
    await settle(400);
    expect(told).toBe(1);
  });

  it('is none where there are no notebooks', () => {
    expect(new NotebookInView(null).current).toBeNull();
  });
});
