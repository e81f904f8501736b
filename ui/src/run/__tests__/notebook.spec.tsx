import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { createHash } from 'crypto';
import * as React from 'react';
import type { INotebookRun } from '../../api/types.replay';
import type { INotebookContext } from '../../host';
import { renderWithHost } from '../../testing';
import { makesRun, newestByCell, standing } from '../cells';
import { showRunsOf } from '../cellFilter';
import { sha256 } from '../sha256';
import { ThisNotebookSection } from '../ThisNotebookSection';

const PATH = 'GET api/1.0/runs/notebook';

/** As IPython hands it over: without the magic's line, the last line ended. */
function hash(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

const CONTEXT: INotebookContext = {
  path: 'flights/train.ipynb',
  activeCell: 'c2',
  cells: [
    { id: 'c1', isCode: true, source: '%%mlrun\ndepth = 4' },
    { id: 'c2', isCode: true, source: '%%mlrun --name b\ndepth = 9' }
  ]
};

function run(change: Partial<INotebookRun>): INotebookRun {
  return {
    run_id: 'r1',
    name: 'first',
    status: 'FINISHED',
    start_time: Date.now() - 60_000,
    end_time: Date.now() - 58_000,
    cell_id: 'c1',
    code_sha256: hash('depth = 4\n'),
    reproducible: 'clean',
    metrics: { auc: 0.75 },
    params: { depth: '4' },
    models: 0,
    ...change
  };
}

function source(context: INotebookContext | null): {
  current: INotebookContext | null;
  subscribe: (listener: () => void) => () => void;
  set: (next: INotebookContext | null) => void;
} {
  const listeners = new Set<() => void>();
  const it = {
    current: context,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set: (next: INotebookContext | null) => {
      it.current = next;
      listeners.forEach(listener => listener());
    }
  };
  return it;
}

function show(
  runs: INotebookRun[] | (() => unknown),
  context: INotebookContext | null = CONTEXT
): ReturnType<typeof renderWithHost> & { notebook: ReturnType<typeof source> } {
  const notebook = source(context);
  const answer =
    typeof runs === 'function' ? runs : { runs, path: 'x', experiment_id: '7' };
  return {
    ...renderWithHost(<ThisNotebookSection />, {
      routes: {
        [PATH]: answer,
        'GET api/1.0/scopes': { scopes: [] }
      },
      host: { notebook }
    }),
    notebook
  };
}

afterEach(() => act(() => showRunsOf(null)));

describe('a kernel that uses another workspace', () => {
  it('is told of with both folders, and only while it does', async () => {
    const { notebook } = show([run({})], {
      ...CONTEXT,
      workspace: '/tmp/other/.mlnb'
    });
    const notice = await screen.findByText(/uses the workspace/);
    expect(notice).toHaveTextContent(/\/tmp\/other\/\.mlnb/);
    expect(notice).toHaveTextContent(/MLNB_WORKSPACE=\/home\/ada\/\.mlnb\./);
    for (const workspace of ['/home/ada/.mlnb', undefined]) {
      act(() => notebook.set({ ...CONTEXT, workspace }));
      expect(screen.queryByText(/uses the workspace/)).toBeNull();
      act(() => notebook.set({ ...CONTEXT, workspace: '/x' }));
      expect(screen.getByText(/uses the workspace/)).toBeVisible();
    }
  });
});

describe('the hash of a cell', () => {
  it.each([
    '',
    'a',
    'größer 🙂',
    'x'.repeat(55),
    'x'.repeat(56),
    'y'.repeat(130)
  ])('is SHA-256 of %p', text => expect(sha256(text)).toBe(hash(text)));

  it('leaves the line of the magic out', () => {
    expect(standing(run({}), CONTEXT)).toBe('same');
    expect(standing(run({ code_sha256: hash('depth = 4') }), CONTEXT)).toBe(
      'same'
    );
    expect(standing(run({ code_sha256: hash('depth = 5\n') }), CONTEXT)).toBe(
      'changed'
    );
    expect(standing(run({ cell_id: 'gone' }), CONTEXT)).toBe('deleted');
    expect(standing(run({ code_sha256: undefined }), CONTEXT)).toBe('unknown');
  });

  it('belongs to cells that make runs', () => {
    expect(makesRun('\n%%mlrun --name x\na = 1')).toBe(true);
    expect(makesRun('# %%mlrun\na = 1')).toBe(false);
    expect(makesRun('%%mlruns')).toBe(false);
  });

  it('is compared with the newest run of each cell', () => {
    const found = newestByCell([
      run({ run_id: 'again', replay_of: 'new' }),
      run({ run_id: 'new' }),
      run({ run_id: 'old' })
    ]);
    expect([...found.values()].map(one => one.run_id)).toEqual(['new']);
  });
});

describe('this notebook', () => {
  it('lists its runs, and opens one and its experiment', async () => {
    const { host } = show([
      run({}),
      run({ run_id: 'r2', name: 'second', status: 'FAILED' })
    ]);
    const list = await screen.findByRole('list', {
      name: 'Runs of this notebook'
    });
    expect(within(list).getAllByRole('listitem')).toHaveLength(2);
    expect(host.server.requests[0].query).toEqual({
      path: 'flights/train.ipynb'
    });
    await userEvent.click(
      screen.getByRole('button', { name: /^Failed second/ })
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Open experiment' })
    );
    expect(host.opened).toEqual(['mlnb:run/r2', 'mlnb:experiment/7']);
  });

  it('marks the active cell, changed code, deleted cells and the order', async () => {
    show([
      run({ name: 'clean' }),
      run({ run_id: 'r2', name: 'changed', cell_id: 'c2' }),
      run({ run_id: 'r3', name: 'deleted', cell_id: 'c9' }),
      run({ run_id: 'r4', name: 'mixed', reproducible: 'out_of_order' })
    ]);
    const [clean, changed, deleted, mixed] =
      await screen.findAllByRole('listitem');
    expect(clean).not.toHaveTextContent('code changed');
    expect(changed).toHaveTextContent('this cell');
    expect(changed).toHaveTextContent('code changed');
    expect(changed).toHaveAttribute('aria-current', 'true');
    expect(deleted).toHaveTextContent('cell deleted');
    expect(mixed).toHaveTextContent('out of order');
  });

  it('takes the mark away when the code is as it was again', async () => {
    const { notebook } = show([run({ cell_id: 'c2' })]);
    expect(await screen.findByText('code changed')).toBeInTheDocument();
    act(() =>
      notebook.set({
        ...CONTEXT,
        cells: [{ id: 'c2', isCode: true, source: '%%mlrun\ndepth = 4' }]
      })
    );
    expect(screen.queryByText('code changed')).toBeNull();
  });

  it('shows values behind the arrow, and what changed since the run before', async () => {
    const { host } = show([run({}), run({ run_id: 'r0', name: 'before' })]);
    const arrow = await screen.findByRole('button', {
      name: 'Values of first'
    });
    expect(arrow).toHaveAttribute('aria-expanded', 'false');
    await userEvent.click(arrow);
    const table = screen.getByRole('table', {
      name: /Metrics and parameters of first/
    });
    expect(within(table).getByRole('row', { name: 'auc 0.75' })).toBeVisible();
    expect(within(table).getByRole('row', { name: 'depth 4' })).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'What changed' }));
    await userEvent.click(screen.getByRole('button', { name: 'As it was' }));
    expect(host.opened).toEqual(['mlnb:diff/r0/r1', 'mlnb:run/r1?tab=code']);
  });

  it('shows a run as soon as its cell begins', async () => {
    let runs: INotebookRun[] = [];
    const { host } = show(() => ({ runs, path: 'x' }));
    await screen.findByText(/No runs of train.ipynb yet/);
    runs = [run({ name: 'fresh', status: 'RUNNING', end_time: undefined })];
    act(() => host.events.change('run:r1', 'run.started'));
    expect(await screen.findByText('fresh')).toBeInTheDocument();
    expect(screen.getByRole('img', { name: 'Running' })).toBeInTheDocument();
  });

  it('keeps to the runs of one cell when asked to', async () => {
    show([run({}), run({ run_id: 'r2', name: 'second', cell_id: 'c2' })]);
    await screen.findByText('second');
    act(() => showRunsOf('c2'));
    expect(screen.queryByText('first')).toBeNull();
    expect(screen.getByRole('status')).toHaveTextContent('1 run of one cell');
    await userEvent.click(screen.getByRole('button', { name: 'Show all' }));
    expect(screen.getByText('first')).toBeInTheDocument();
  });

  it('says what to do without a notebook, and inserts a cell where there are no runs', async () => {
    const { notebook, host } = show([], null);
    expect(screen.getByText('No notebook is open')).toBeInTheDocument();
    expect(host.server.requests).toHaveLength(0);
    act(() => notebook.set(CONTEXT));
    await userEvent.click(
      await screen.findByRole('button', { name: 'Insert it' })
    );
    expect(host.inserted[0]).toMatch(/^%%mlrun/);
    await waitFor(() => expect(host.server.count(PATH)).toBe(1));
  });
});
