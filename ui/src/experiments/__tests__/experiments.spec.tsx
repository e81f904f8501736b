import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import {
  demoRoutes,
  PageHarness,
  plainTrans,
  renderWithHost
} from '../../testing';
import type { FakeRoutes } from '../../testing';
import { ExperimentsSection } from '../ExperimentsSection';
import { RecentRunsSection } from '../RecentRunsSection';
import { chartSpec, isNumericAxis } from '../RunsChart';
import { orderBy, RunsPage } from '../RunsPage';

const QUERY = 'POST api/1.0/runs/query';
const NO_RUNS = { total: 0, offset: 0, ids: [], columns: [] };

describe('experiments section', () => {
  it('lists experiments and opens one', async () => {
    const { host } = renderWithHost(<ExperimentsSection />, {
      routes: demoRoutes()
    });
    const list = await screen.findByRole('list', { name: 'Experiments' });
    const [newest] = within(list).getAllByRole('button');
    expect(newest).toHaveTextContent('flights14 runs9 minutes ago');
    await userEvent.click(newest);
    expect(host.opened).toEqual(['mlnb:experiment/1']);
  });

  it('teaches how a run is made', async () => {
    const { host } = renderWithHost(<ExperimentsSection />, {
      routes: { 'GET api/1.0/experiments': { experiments: [] } }
    });
    await screen.findByText(/Put %%mlrun on the first line/);
    await userEvent.click(
      screen.getByRole('button', { name: 'Insert an example cell' })
    );
    expect(host.inserted[0]).toMatch(/^%%mlrun/);
  });
});

describe('recent runs section', () => {
  it('shows state, time and a metric, and opens a run', async () => {
    const { host } = renderWithHost(<RecentRunsSection />, {
      routes: demoRoutes()
    });
    const list = await screen.findByRole('list', { name: 'Recent runs' });
    const rows = within(list).getAllByRole('button');
    expect(rows[0]).toHaveTextContent(/lightgbm-14.*Running/);
    expect(rows[1]).toHaveTextContent(/auc0\.6/);
    await userEvent.click(rows[1]);
    expect(host.opened[0]).toMatch(/^mlnb:run\//);
  });

  it('shows a run that a cell has just made', async () => {
    let page: unknown = NO_RUNS;
    const { host } = renderWithHost(<RecentRunsSection />, {
      routes: { [QUERY]: () => page }
    });
    await screen.findByText('No runs yet');
    page = {
      total: 1,
      offset: 0,
      ids: ['r1'],
      columns: [
        { key: 'attributes.run_name', type: 'string', values: ['fresh'] },
        { key: 'attributes.status', type: 'string', values: ['RUNNING'] }
      ]
    };
    act(() => host.events.change('run:r1', 'run.started'));
    expect(await screen.findByText('fresh')).toBeInTheDocument();
  });
});

describe('runs page', () => {
  function show(changes: FakeRoutes = {}): ReturnType<typeof renderWithHost> {
    return renderWithHost(<PageHarness page={RunsPage} name="1" />, {
      routes: { ...demoRoutes(), ...changes }
    });
  }

  it('shows runs with the metrics most of them have, and opens one', async () => {
    const { host } = show();
    const grid = await screen.findByRole('grid', { name: 'Runs' });
    expect(
      within(grid).getByRole('columnheader', { name: 'auc' })
    ).toBeInTheDocument();
    await userEvent.click(within(grid).getByText('lightgbm-14'));
    expect(host.opened[0]).toMatch(/^mlnb:run\//);
    expect(
      screen.getByRole('heading', { name: 'flights' })
    ).toBeInTheDocument();
  });

  it('asks the server to sort', async () => {
    const { host } = show();
    await userEvent.click(
      await screen.findByRole('columnheader', { name: 'auc' })
    );
    await waitFor(() =>
      expect(host.server.requests.map(one => one.body)).toContainEqual(
        expect.objectContaining({ order_by: ['metrics.`auc` DESC'] })
      )
    );
    await userEvent.click(screen.getByRole('columnheader', { name: 'auc' }));
    await waitFor(() =>
      expect(host.server.requests.pop()?.body).toMatchObject({
        order_by: ['metrics.`auc` ASC']
      })
    );
  });

  it('lets columns be chosen', async () => {
    show();
    await screen.findByRole('grid', { name: 'Runs' });
    await userEvent.click(screen.getByRole('button', { name: 'Columns' }));
    const pane = screen.getByRole('dialog', { name: 'Columns' });
    await userEvent.type(within(pane).getByRole('searchbox'), 'auc');
    await userEvent.click(within(pane).getByRole('checkbox', { name: /auc/ }));
    await waitFor(() =>
      expect(screen.queryByRole('columnheader', { name: 'auc' })).toBeNull()
    );
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.getByRole('button', { name: 'Columns' })).toHaveFocus();
  });

  it('marks a filter that the server refuses, and keeps the rows', async () => {
    const demo = demoRoutes();
    show({
      [QUERY]: (request: { body: { filter?: string } }) =>
        request.body.filter
          ? new ApiError(400, 'INVALID_PARAMETER_VALUE', 'Expected a value.')
          : (demo[QUERY] as (given: unknown) => unknown)(request)
    });
    await screen.findByRole('grid', { name: 'Runs' });
    await userEvent.type(
      screen.getByRole('searchbox', { name: /Filter/ }),
      'metrics.auc >'
    );
    expect(await screen.findAllByText('Expected a value.')).not.toHaveLength(0);
    expect(screen.getByRole('grid', { name: 'Runs' })).toBeInTheDocument();
  });

  it('draws a metric and can do without', async () => {
    const { host } = show();
    await waitFor(() => expect(host.drawn.drawn).not.toHaveLength(0));
    expect(host.drawn.drawn[0].y.label).toBe('auc');
    await userEvent.click(screen.getByRole('button', { name: 'Chart' }));
    expect(screen.queryByRole('figure')).toBeNull();
  });

  it('teaches when there are no runs', async () => {
    show({
      [QUERY]: NO_RUNS,
      'GET api/1.0/experiments/1/columns': { columns: [], truncated: false }
    });
    expect(await screen.findByText('No runs yet')).toBeInTheDocument();
  });

  it('quotes names in an order', () => {
    expect(orderBy({ key: 'metrics.a.b`c', down: false })).toEqual([
      'metrics.`a.b``c` ASC'
    ]);
    expect(orderBy({ key: 'attributes.start_time', down: true })).toEqual([
      'attributes.start_time DESC'
    ]);
  });
});

describe('the chart of runs', () => {
  it('takes parameters for numbers when all of them are', () => {
    expect(isNumericAxis(['1', '0.5', null])).toBe(true);
    expect(isNumericAxis(['1', 'auto'])).toBe(false);
    expect(isNumericAxis([])).toBe(false);
  });

  it('leaves runs without the parameter out', () => {
    const spec = chartSpec(
      [
        { id: 'a', cells: { 'metrics.m': 1, 'params.p': '2' } },
        { id: 'b', cells: { 'metrics.m': 3, 'params.p': null } }
      ],
      'params.p',
      'metrics.m',
      plainTrans
    );
    expect(spec.series[0].ids).toEqual(['a']);
    expect(spec.x.type).toBe('linear');
  });
});
