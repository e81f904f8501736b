import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import {
  demoRoutes,
  fakeHost,
  PageHarness,
  renderWithHost
} from '../../testing';
import type { FakeRoutes } from '../../testing';
import { DEMO_RUNS, runsRoutes } from '../../testing/fixtures.runs';
import {
  bestOf,
  comparisonCsv,
  deltaOf,
  linesOf,
  moreIsBetter
} from '../compare';
import type { ICompareLine } from '../compare';
import { ComparePage } from '../ComparePage';
import { addToTray, compareAddress, MOST_COMPARED } from '../tray';
import { TraySection } from '../TraySection';

const IDS = [5, 6, 7].map(i => DEMO_RUNS[i].id);
const TRAY = 'GET api/1.0/me/state/runs.tray';
const KEEP = 'PUT api/1.0/me/state/runs.tray';

function show(
  changes: FakeRoutes = {},
  name = IDS.join(','),
  query: Record<string, string> = {}
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness page={ComparePage} name={name} query={query} />,
    {
      routes: {
        ...demoRoutes(),
        ...runsRoutes(),
        'GET api/1.0/me/state/*': {},
        ...changes
      }
    }
  );
}

describe('compare page', () => {
  it('shows what differs, and everything when asked', async () => {
    show();
    const grid = await screen.findByRole('grid', { name: 'Comparison' });
    expect(within(grid).getByText('num_leaves')).toBeInTheDocument();
    expect(within(grid).queryByText('objective')).toBeNull();
    await userEvent.click(
      screen.getByRole('button', { name: 'Differences only' })
    );
    expect(await within(grid).findByText('objective')).toBeInTheDocument();
  });

  it('measures the others against a baseline', async () => {
    show({}, IDS.join(','), { base: IDS[0] });
    const grid = await screen.findByRole('grid', { name: 'Comparison' });
    const auc = DEMO_RUNS.slice(5, 8).map(
      run => run.cells['metrics.auc'] as number
    );
    const row = within(grid).getByText('auc').closest('[role="row"]')!;
    const cells = within(row as HTMLElement).getAllByRole('gridcell');
    expect(cells[1]).not.toHaveTextContent(/[▲▼]/);
    expect(cells[2]).toHaveTextContent(auc[1] > auc[0] ? '▲' : '▼');
  });

  it('opens what differs between two', async () => {
    const { host } = show({}, IDS.slice(0, 2).join(','));
    await userEvent.click(await screen.findByRole('button', { name: 'Diff' }));
    expect(host.opened).toEqual([`mlnb:diff/${IDS[0]}/${IDS[1]}`]);
  });

  it('takes a run out', async () => {
    const { host } = show();
    const name = String(DEMO_RUNS[6].cells['attributes.run_name']);
    await userEvent.click(
      await screen.findByRole('button', { name: `Take ${name} out` })
    );
    expect(host.opened).toEqual([compareAddress([IDS[0], IDS[2]])]);
  });

  it('says which are gone, and tells of a fault', async () => {
    const { unmount } = show({}, [...IDS, 'gone'].join(','));
    expect(
      await screen.findByText('1 run is no longer there.')
    ).toBeInTheDocument();
    unmount();
    show({
      'POST api/1.0/runs/compare': new ApiError(400, 'X', 'Too many runs.')
    });
    expect(await screen.findByText('Too many runs.')).toBeInTheDocument();
  });

  it('shows the tray', async () => {
    show(
      { [TRAY]: { value: IDS.map(run_id => ({ run_id, name: run_id })) } },
      'tray'
    );
    expect(
      await screen.findByRole('heading', { name: 'Compare tray' })
    ).toBeInTheDocument();
    expect(
      await screen.findByRole('grid', { name: 'Comparison' })
    ).toHaveAttribute('aria-colcount', '4');
  });

  it('teaches when the tray is empty', async () => {
    show({}, 'tray');
    expect(
      await screen.findByText('Nothing to compare yet')
    ).toBeInTheDocument();
  });
});

describe('compare tray', () => {
  const RUNS = IDS.slice(0, 2).map((run_id, i) => ({
    run_id,
    name: `run-${i}`
  }));

  it('lists runs, compares them, and takes one out', async () => {
    const { host } = renderWithHost(<TraySection />, {
      routes: { [TRAY]: { value: RUNS }, [KEEP]: {} }
    });
    const list = await screen.findByRole('list', { name: 'Runs to compare' });
    expect(list).toHaveTextContent('run-0run-1');
    await userEvent.click(screen.getByRole('button', { name: 'Compare' }));
    await userEvent.click(screen.getByRole('button', { name: 'Diff' }));
    expect(host.opened).toEqual([
      'mlnb:compare/tray',
      `mlnb:diff/${IDS[0]}/${IDS[1]}`
    ]);
    await userEvent.click(
      screen.getByRole('button', { name: 'Take run-0 out' })
    );
    await waitFor(() => expect(list).toHaveTextContent(/^run-1$/));
    expect(screen.getByRole('button', { name: 'Compare' })).toBeDisabled();
  });

  it('teaches how it is filled', async () => {
    const { host } = renderWithHost(<TraySection />, {
      routes: { [TRAY]: {} }
    });
    expect(await screen.findByText(/two runs give a diff/)).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Open all runs' })
    );
    expect(host.opened).toEqual(['mlnb:runs/all']);
  });

  it('keeps what it holds when runs are added, and holds no more than can be compared', async () => {
    const host = fakeHost({ [TRAY]: { value: RUNS }, [KEEP]: {} });
    await addToTray(host, [RUNS[0], { run_id: 'c', name: 'c' }]);
    expect(host.server.requests.slice(-1)[0].body).toEqual({
      value: [...RUNS, { run_id: 'c', name: 'c' }]
    });
    const many = Array.from({ length: MOST_COMPARED }, (_, i) => ({
      run_id: `x${i}`,
      name: 'x'
    }));
    await addToTray(host, many);
    expect(host.notices.pop()?.message).toMatch(/100 runs at most/);
    expect(host.server.count(KEEP)).toBe(1);
  });

  it('writes nothing over a tray it could not read', async () => {
    const host = fakeHost({
      [TRAY]: new ApiError(403, 'PERMISSION_DENIED', 'Not yours.')
    });
    await addToTray(host, RUNS);
    expect(host.notices[0]).toMatchObject({
      kind: 'error',
      message: 'Not yours.'
    });
    expect(host.server.count(KEEP)).toBe(0);
  });
});

describe('comparing values', () => {
  const line = (key: string, values: (number | null)[]): ICompareLine => ({
    area: 'metrics',
    key,
    values,
    differs: true
  });

  it('knows the better end of the usual metrics, and of no others', () => {
    expect(moreIsBetter('val_auc')).toBe(true);
    expect(moreIsBetter('log_loss')).toBe(false);
    expect(moreIsBetter('rmse')).toBe(false);
    expect(moreIsBetter('num_rows')).toBeNull();
    expect(bestOf(line('auc', [0.5, 0.9, null]))).toBe(1);
    expect(bestOf(line('log_loss', [0.5, 0.9]))).toBe(0);
    expect(bestOf(line('brier_score', [0.5, 0.9]))).toBe(0);
    expect(bestOf(line('rows', [5, 9]))).toBeNull();
    expect(bestOf(line('auc', [null, 0.9, null]))).toBeNull();
  });

  it('says once when a run was made', () => {
    const head = {
      run_id: 'r',
      name: 'a',
      experiment_id: '1',
      experiment_name: 'e',
      status: 'FINISHED',
      start_time: 5
    };
    const lines = linesOf(
      {
        runs: [head],
        params: [],
        metrics: [],
        tags: [],
        attributes: [
          { key: 'start_time', values: [5], differs: false },
          { key: 'git_commit', values: ['x'], differs: false }
        ]
      },
      { onlyDifferences: false, text: '' }
    );
    expect(lines.map(one => `${one.area}.${one.key}`)).toEqual([
      'run.status',
      'run.start_time',
      'run.experiment',
      'attributes.git_commit'
    ]);
  });

  it('has no difference where a value is missing', () => {
    expect(deltaOf(line('auc', [0.5, null, 0.75]), 2, 0)).toBe(0.25);
    expect(deltaOf(line('auc', [0.5, null, 0.75]), 1, 0)).toBeUndefined();
    expect(deltaOf(line('auc', [0.5]), 0, 0)).toBeUndefined();
  });

  it('is saved with quotes kept', () => {
    const csv = comparisonCsv(
      [
        {
          run_id: 'r',
          name: 'a "b"',
          experiment_id: '1',
          experiment_name: 'e',
          status: 'FINISHED'
        }
      ],
      [line('auc', [0.5])]
    );
    expect(csv.split('\n')).toEqual([
      '"","","a ""b"""',
      '"","run_id","r"',
      '"metrics","auc","0.5"'
    ]);
  });
});
