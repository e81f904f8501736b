import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import { PageHarness, renderWithHost } from '../../testing';
import type { FakeRoutes } from '../../testing';
import {
  ALERT,
  drift,
  MONITOR,
  MONITOR_LINE,
  MONITORED,
  monitorRoutes
} from '../../testing/fixtures.monitors';
import { AlertsSection } from '../AlertsSection';
import { MonitorPage } from '../MonitorPage';
import { MonitorsSection } from '../MonitorsSection';

const HOSTILE = 'main.ml.<img src=x onerror=alert(1)>';
const PAGE = 'GET api/1.0/monitors/*';

function show(
  changes: FakeRoutes = {},
  query: Record<string, string> = {},
  name = MONITORED
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness page={MonitorPage} name={name} query={query} />,
    { routes: { ...monitorRoutes(), ...changes } }
  );
}

describe('monitors section', () => {
  it('says of each monitor what it says, and opens it', async () => {
    const { host } = renderWithHost(<MonitorsSection />, {
      routes: monitorRoutes()
    });
    const list = await screen.findByRole('list', { name: 'Monitors' });
    const row = within(list).getByRole('button');
    expect(row).toHaveTextContent(
      'flights_payload_rows1 alert2 columns drifted · 2 minutes ago'
    );
    await userEvent.click(row);
    expect(host.opened).toEqual([`mlnb:monitor/${MONITORED}`]);
  });

  it('teaches what a monitor does', async () => {
    const { host } = renderWithHost(<MonitorsSection />, {
      routes: { 'GET api/1.0/monitors': { monitors: [] } }
    });
    await screen.findByText(/profiles a table by time/);
    await userEvent.click(
      screen.getByRole('button', { name: 'Insert an example cell' })
    );
    expect(host.inserted[0]).toContain('%monitor endpoint');
  });

  it('follows changes', async () => {
    let line = { ...MONITOR_LINE, state: 'ok', alerts_open: 0 };
    const { host } = renderWithHost(<MonitorsSection />, {
      routes: { 'GET api/1.0/monitors': () => ({ monitors: [line] }) }
    });
    expect(await screen.findByTitle(/: Drift$/)).toBeInTheDocument();
    line = { ...line, drifted_columns: 0 };
    act(() => host.events.change(`monitor:${MONITORED}`));
    expect(await screen.findByTitle(/: Steady$/)).toBeInTheDocument();
  });

  it('explains a failed read', async () => {
    renderWithHost(<MonitorsSection />, {
      routes: {
        'GET api/1.0/monitors': new ApiError(400, 'BROKEN', 'Out of order.')
      }
    });
    expect(await screen.findByRole('alert')).toHaveTextContent('Out of order.');
  });
});

describe('alerts section', () => {
  it('puts triggered ones first', async () => {
    const alerts = [
      { ...ALERT, id: 'a', name: 'off', enabled: false },
      { ...ALERT, id: 'b', name: 'calm', state: 'OK' },
      { ...ALERT, id: 'c', name: 'loud' }
    ];
    const { host } = renderWithHost(<AlertsSection />, {
      routes: { ...monitorRoutes(), [PAGE]: { ...MONITOR, alerts } }
    });
    const list = await screen.findByRole('list', { name: 'Alerts' });
    const rows = within(list).getAllByRole('button');
    expect(rows.map(row => row.textContent?.slice(0, 5))).toEqual([
      'loudT',
      'calmQ',
      'offOf'
    ]);
    expect(rows[0]).toHaveTextContent(/ROC AUC.*0.653.*limit ≥ 0.7/);
    await userEvent.click(rows[0]);
    expect(host.opened).toEqual([`mlnb:monitor/${MONITORED}?tab=alerts`]);
  });

  it('says where alerts come from when there is no monitor, or no alert', async () => {
    const { unmount } = renderWithHost(<AlertsSection />, {
      routes: { 'GET api/1.0/monitors': { monitors: [] } }
    });
    await screen.findByText(/Alerts belong to a monitor/);
    unmount();
    renderWithHost(<AlertsSection />, {
      routes: { ...monitorRoutes(), [PAGE]: { ...MONITOR, alerts: [] } }
    });
    await screen.findByText(/Open a monitor and set one/);
  });
});

describe('monitor page', () => {
  it('says the verdict in a sentence, and where things come from', async () => {
    const { host } = show();
    expect(
      await screen.findByText(/^2 of 4 columns have drifted/)
    ).toBeVisible();
    expect(
      screen.getByRole('heading', { name: 'flights_payload_rows' })
    ).toBeVisible();
    await userEvent.click(
      screen.getByRole('button', { name: 'main.ml.flights_baseline' })
    );
    expect(host.opened).toEqual(['mlnb:table/main.ml.flights_baseline']);
  });

  it('shows the column of a cell over time', async () => {
    const { host } = show();
    const map = await screen.findByRole('group', {
      name: /^Jensen–Shannon distance of 4 columns in 14 windows/
    });
    const detail = await screen.findByRole('region', { name: 'Column temp' });
    expect(detail).toHaveTextContent(/Drifted in \d+ of 14 windows/);
    await userEvent.click(
      within(map).getByTitle('visib, Aug 1, 2013: not defined')
    );
    const other = await screen.findByRole('region', { name: 'Column visib' });
    expect(other).toHaveTextContent('Aug 1, 2013: not defined.');
    await waitFor(() =>
      expect(
        host.drawn.drawn.some(spec => spec.thresholds?.[0]?.value === 0.3)
      ).toBe(true)
    );
    await userEvent.selectOptions(
      within(other).getByRole('combobox', { name: 'Values' }),
      'Maximum'
    );
    expect(
      await within(other).findByRole('img', { name: /visib: Maximum over 6/ })
    ).toBeVisible();
  });

  it('asks for another metric and other windows', async () => {
    const { host } = show();
    await screen.findByRole('group', { name: /in 14 windows/ });
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Metric' }),
      'Population stability index'
    );
    await screen.findByRole('group', { name: /^Population stability index/ });
    await userEvent.selectOptions(
      screen.getAllByRole('combobox', { name: 'Windows of' })[0],
      '1 month'
    );
    await screen.findByRole('group', { name: /in 6 windows/ });
    const last = host.server.requests.filter(one =>
      one.path.endsWith('/drift')
    );
    expect(last[last.length - 1].query).toEqual({
      metric: 'population_stability_index',
      granularity: '1 month'
    });
  });

  it('draws quality by the widest windows, with the limit of its alert', async () => {
    const { host } = show();
    await screen.findByRole('heading', { name: 'ROC AUC' });
    await waitFor(() =>
      expect(
        host.drawn.drawn.some(spec => spec.thresholds?.[0]?.value === 0.7)
      ).toBe(true)
    );
    expect(
      screen.getByRole('img', {
        name: 'ROC AUC over 6 windows: between 0.653 and 0.72, newest 0.669 at Dec 31, 2013'
      })
    ).toBeVisible();
    expect(
      host.server.requests
        .filter(one => one.query.metric === 'roc_auc_score')
        .map(one => one.query.granularity)
    ).toEqual(['1 month']);
  });

  it('refreshes, and shows how far it has come', async () => {
    const { host } = show();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Refresh' })
    );
    expect(
      host.server.count(`POST api/1.0/monitors/${MONITORED}/refresh`)
    ).toBe(1);
    act(() =>
      host.events.progress({
        subject: `monitor:${MONITORED}`,
        state: 'running',
        done: 1,
        total: 4,
        message: 'Computing windows of 1 day'
      })
    );
    const bar = await screen.findByRole('progressbar', { name: 'Refreshing' });
    expect(bar).toHaveAttribute('aria-valuenow', '1');
    expect(screen.getByText('Computing windows of 1 day')).toBeVisible();
    act(() =>
      host.events.progress({
        subject: `monitor:${MONITORED}`,
        state: 'success',
        done: 1,
        total: 1,
        message: ''
      })
    );
    await waitFor(() => expect(bar).not.toBeInTheDocument());
  });

  it('shows what an alert saw, switches it off, and decides', async () => {
    const { host } = show({}, { tab: 'alerts' });
    const saw = await screen.findByRole('table', { name: 'What quality saw' });
    expect(saw).toHaveTextContent(
      /Dec 20130.6530.621 – 0.6880.72,310past the limit/
    );
    expect(
      screen.getByText(
        'ROC AUC below 0.7 in 1 of the last 2 windows of 1 month'
      )
    ).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Switch off' }));
    expect(host.server.count('POST api/1.0/monitors/alerts/a1/disable')).toBe(
      1
    );
    const decisions = screen.getByRole('list', { name: 'Decisions' });
    expect(decisions).toHaveTextContent(/Retrain.*fell to 0.653/);
    await userEvent.click(
      within(decisions).getByRole('button', {
        name: 'main.ml.flights/1',
        hidden: true
      })
    );
    expect(host.opened).toEqual(['mlnb:model/main.ml.flights']);
    await userEvent.click(screen.getByRole('button', { name: 'Decide now' }));
    expect(
      host.server.count(`POST api/1.0/monitors/${MONITORED}/decide-retraining`)
    ).toBe(1);
  });

  it('lists refreshes with what they cost', async () => {
    show({}, { tab: 'refreshes' });
    const table = await screen.findByRole('table', { name: 'Refreshes' });
    expect(table).toHaveTextContent(/Done.*hand40 s16011,73915 s1,144 MB/);
  });

  it('teaches before the first refresh, without labels, without alerts', async () => {
    const fresh = {
      ...MONITOR,
      state: 'unknown',
      summary: 'not refreshed yet.',
      drifted_columns: [],
      refreshes: [],
      alerts: [],
      decisions: [],
      inference_log: { ...MONITOR.inference_log, labels: undefined }
    };
    const routes = {
      [PAGE]: fresh,
      'GET api/1.0/monitors/*/drift': new ApiError(
        400,
        'INVALID_STATE',
        'Not refreshed.'
      )
    };
    const { unmount } = show(routes);
    await screen.findByText('Not refreshed yet.');
    await screen.findByText('Nothing to compare yet');
    expect(screen.getByText('The truth is not known')).toBeVisible();
    unmount();
    const alerts = show(routes, { tab: 'alerts' });
    await screen.findByText('No alerts on this monitor');
    expect(screen.getByText(/Nothing was decided yet/)).toBeVisible();
    alerts.unmount();
    show(routes, { tab: 'refreshes' });
    await screen.findByText('Never refreshed');
  });

  it('shows a first part of very many columns and windows', async () => {
    const wide = drift(400);
    const columns = Array.from({ length: 50 }, (_, i) => `c${i}`);
    const many = {
      ...wide,
      columns,
      values: columns.map(() => wide.values[0]),
      drifted: columns.map(() => wide.drifted[0])
    };
    show({ 'GET api/1.0/monitors/*/drift': many });
    // By text: roles of thousands of cells take the simulated page long.
    await screen.findByText('Show all 50 columns');
    const map = screen.getByLabelText(/50 columns in 400 windows/);
    expect(map.querySelectorAll('.jp-mlnb-HeatMap-row')).toHaveLength(24);
    expect(map.querySelectorAll('[title^="c0,"]')).toHaveLength(184);
    expect(screen.getByText('Later').closest('button')).toBeDisabled();
    expect(screen.getByText('Earlier').closest('button')).toBeEnabled();
  });

  it('keeps hostile names as text', async () => {
    const { container } = show({
      [PAGE]: {
        ...MONITOR,
        table_name: HOSTILE,
        summary: '1 of 1 columns have drifted (<script>x</script>).',
        alerts: [{ ...ALERT, name: '<b>bold</b>' }]
      },
      'GET api/1.0/monitors/*/drift': {
        ...drift(4),
        columns: ['<script>x</script>', 'a/b%c', '"q"', 'שלום']
      }
    });
    await screen.findByRole('region', { name: 'Column <script>x</script>' });
    expect(container.querySelector('script, b, img')).toBeNull();
    expect(
      screen.getByRole('heading', { name: '<img src=x onerror=alert(1)>' })
    ).toBeVisible();
  });

  it('says that a monitor is gone, and explains another fault', async () => {
    const { unmount } = show({
      [PAGE]: new ApiError(404, 'MONITOR_NOT_FOUND', 'No monitor.')
    });
    await screen.findByText(`There is no monitor on ${MONITORED}`);
    unmount();
    show({ [PAGE]: new ApiError(403, 'PERMISSION_DENIED', 'Not yours.') });
    expect(await screen.findByRole('alert')).toHaveTextContent('Not yours.');
  });

  it('shows why the last refresh failed', async () => {
    show({
      [PAGE]: {
        ...MONITOR,
        status: 'MONITOR_STATUS_ERROR',
        latest_monitor_failure_msg: 'The time column is gone.'
      }
    });
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The time column is gone.'
    );
    expect(screen.getByText('Refresh failed')).toBeVisible();
  });
});
