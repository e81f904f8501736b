import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import { PageHarness, plainTrans, renderWithHost } from '../../testing';
import type { FakeRoutes } from '../../testing';
import {
  FAILED_RUN,
  JOB,
  monitorRoutes,
  RUNNING_RUN
} from '../../testing/fixtures.monitors';
import { JobPage } from '../JobPage';
import { JobRunPage } from '../JobRunPage';
import { JobsSection } from '../JobsSection';
import { cellState, jobRunState } from '../states';

const HOSTILE = '<img src=x onerror=alert(1)>';

function showRun(
  id: string,
  changes: FakeRoutes = {}
): ReturnType<typeof renderWithHost> {
  return renderWithHost(<PageHarness page={JobRunPage} name={id} />, {
    routes: { ...monitorRoutes(), ...changes }
  });
}

describe('jobs section', () => {
  it('lists jobs and their runs, and opens both', async () => {
    const { host } = renderWithHost(<JobsSection />, {
      routes: monitorRoutes()
    });
    const jobs = await screen.findByRole('list', { name: 'Jobs' });
    await userEvent.click(
      within(jobs).getByRole('button', { name: /Running · 2 of 4 cells/ })
    );
    const runs = await screen.findByRole('list', { name: 'Recent job runs' });
    await userEvent.click(
      within(runs).getByRole('button', { name: /Failed · 14 s/ })
    );
    expect(host.opened).toEqual(['mlnb:job/7', 'mlnb:job-run/16']);
  });

  it('counts cells while a run goes on', async () => {
    const { host } = renderWithHost(<JobsSection />, {
      routes: monitorRoutes()
    });
    await screen.findByRole('list', { name: 'Recent job runs' });
    act(() =>
      host.events.progress({
        subject: 'job_run:17',
        state: 'running',
        done: 3,
        total: 4,
        message: ''
      })
    );
    expect(await screen.findAllByText(/3 of 4 cells/)).toHaveLength(2);
  });

  it('runs a job and opens the run', async () => {
    const { host } = renderWithHost(<JobsSection />, {
      routes: monitorRoutes()
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Run nightly report now' })
    );
    await waitFor(() => expect(host.opened).toEqual(['mlnb:job-run/18']));
    expect(host.server.requests.find(r => r.method === 'POST')?.body).toEqual({
      job_id: 7
    });
  });

  it('teaches what a job is', async () => {
    renderWithHost(<JobsSection />, {
      routes: { 'GET api/1.0/jobs': { jobs: [] } }
    });
    await screen.findByText(/Use “Export as Job” in a notebook’s toolbar/);
  });

  it('explains a failed read', async () => {
    renderWithHost(<JobsSection />, {
      routes: { 'GET api/1.0/jobs': new ApiError(400, 'BROKEN', 'No jobs.') }
    });
    expect(await screen.findByRole('alert')).toHaveTextContent('No jobs.');
  });
});

describe('job page', () => {
  it('lists the runs of the job', async () => {
    const { host } = renderWithHost(<PageHarness page={JobPage} name="7" />, {
      routes: monitorRoutes()
    });
    const table = await screen.findByRole('table', {
      name: 'Runs of this job'
    });
    await userEvent.click(within(table).getByRole('button', { name: '16' }));
    expect(host.opened).toEqual(['mlnb:job-run/16']);
    const request = host.server.requests.find(r => r.path.endsWith('job-runs'));
    expect(request?.query).toEqual({ limit: '100', job_id: '7' });
  });

  it('says that it has not run, or is gone', async () => {
    const { unmount } = renderWithHost(
      <PageHarness page={JobPage} name="7" />,
      { routes: { ...monitorRoutes(), 'GET api/1.0/job-runs': { runs: [] } } }
    );
    await screen.findByText('It has not run yet');
    unmount();
    renderWithHost(<PageHarness page={JobPage} name="8" />, {
      routes: monitorRoutes()
    });
    await screen.findByText('There is no job 8');
  });

  it('keeps hostile names as text', async () => {
    const { container } = renderWithHost(
      <PageHarness page={JobPage} name="7" />,
      {
        routes: {
          ...monitorRoutes(),
          'GET api/1.0/jobs': { jobs: [{ ...JOB, name: HOSTILE }] }
        }
      }
    );
    await screen.findByRole('heading', { name: HOSTILE });
    expect(container.querySelector('img')).toBeNull();
  });
});

describe('job run page', () => {
  it('shows a failed run: error, parameters, cells and their outputs', async () => {
    showRun('16');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Cell 3 failed: AssertionError'
    );
    expect(screen.getByRole('table', { name: 'Parameters' })).toHaveTextContent(
      'airportJFKdays3'
    );
    const cells = screen.getByRole('list', { name: 'Cells' });
    expect(
      within(cells).getByRole('region', { name: 'Output of cell 3' })
    ).toHaveTextContent('the rate is too high');
    const done = within(cells).getByRole('button', {
      name: /^Done 2 ?import time …/
    });
    expect(done).toHaveTextContent('4.5 s');
    expect(done).toHaveAttribute('aria-expanded', 'false');
    await userEvent.click(done);
    expect(
      within(cells).getByRole('region', { name: 'Source of cell 2' })
    ).toHaveTextContent('for i in range(3)');
    expect(
      within(cells).getByRole('button', { name: /Waiting.*never reached/ })
    ).toBeVisible();
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('follows a run cell by cell', async () => {
    let run: unknown = RUNNING_RUN;
    const { host } = showRun('17', { 'GET api/1.0/job-runs/17': () => run });
    const bar = await screen.findByRole('progressbar', { name: 'Cells done' });
    expect(bar).toHaveAttribute('aria-valuenow', '2');
    expect(
      screen.getByRole('button', { name: /Running.*assert rate/ })
    ).toHaveAttribute('aria-expanded', 'true');
    run = {
      ...RUNNING_RUN,
      cells_done: 4,
      state: 'TERMINATED',
      result: 'SUCCESS'
    };
    act(() =>
      host.events.progress({
        subject: 'job_run:17',
        state: 'success',
        done: 4,
        total: 4,
        message: ''
      })
    );
    expect(await screen.findByText('Succeeded')).toBeVisible();
    expect(bar).not.toBeInTheDocument();
  });

  it('cancels, and runs again', async () => {
    const { host, unmount } = showRun('17');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Cancel' })
    );
    expect(host.server.count('POST api/1.0/job-runs/17/cancel')).toBe(1);
    unmount();
    const over = showRun('16');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Run again' })
    );
    await waitFor(() => expect(over.host.opened).toEqual(['mlnb:job-run/18']));
  });

  it('hands out the executed notebook', async () => {
    const made: Blob[] = [];
    URL.createObjectURL = (blob: Blob) => {
      made.push(blob);
      return 'blob:1';
    };
    URL.revokeObjectURL = () => undefined;
    const click = jest
      .spyOn(HTMLAnchorElement.prototype, 'click')
      .mockImplementation(() => undefined);
    showRun('16');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Executed notebook' })
    );
    await waitFor(() => expect(click).toHaveBeenCalled());
    expect(made[0].type).toBe('application/x-ipynb+json');
    click.mockRestore();
  });

  it('says that the worker has not begun', async () => {
    showRun('17', {
      'GET api/1.0/job-runs/17': {
        ...RUNNING_RUN,
        state: 'PENDING',
        start_time: undefined,
        parameters: {},
        cells: []
      }
    });
    await screen.findByText(/appear once the worker has begun/);
    expect(
      screen.getByRole('button', { name: 'Executed notebook' })
    ).toBeDisabled();
  });

  it('keeps hostile names, sources and outputs as text', async () => {
    const { container } = showRun('16', {
      'GET api/1.0/job-runs/16': {
        ...FAILED_RUN,
        name: HOSTILE,
        error: HOSTILE,
        parameters: { [HOSTILE]: HOSTILE },
        cells: FAILED_RUN.cells.map(cell => ({
          ...cell,
          source: HOSTILE,
          outputs_text: HOSTILE
        }))
      }
    });
    await screen.findByRole('heading', { name: HOSTILE });
    expect(container.querySelector('img')).toBeNull();
  });

  it('says that a run is gone', async () => {
    showRun('99');
    await screen.findByText('There is no job run 99');
  });
});

describe('states', () => {
  it('say every state in words', () => {
    const label = (state: string, result?: string): string =>
      jobRunState({ state, result }, plainTrans).label;
    expect(label('QUEUED')).toBe('Queued');
    expect(label('TERMINATING')).toBe('Stopping');
    expect(label('TERMINATED', 'TIMEDOUT')).toBe('Timed out');
    expect(label('TERMINATED', 'CANCELED')).toBe('Canceled');
    expect(label('SKIPPED')).toBe('Skipped');
    expect(label('INTERNAL_ERROR', 'FAILED')).toBe('Failed');
    expect(cellState('pending', plainTrans).label).toBe('Waiting');
  });
});
