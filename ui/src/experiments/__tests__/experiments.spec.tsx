import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { demoRoutes, renderWithHost } from '../../testing';
import { ExperimentsSection } from '../ExperimentsSection';
import { RecentRunsSection } from '../RecentRunsSection';

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
