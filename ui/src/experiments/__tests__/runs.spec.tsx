import {
  act,
  fireEvent,
  screen,
  waitFor,
  within
} from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import type { IRunSearch } from '../../api/types.runs';
import { ApiError } from '../../api/errors';
import { demoRoutes, PageHarness, renderWithHost } from '../../testing';
import type { FakeRoutes, IFakeRequest } from '../../testing';
import {
  DEMO_CHILDREN,
  DEMO_RUNS,
  queryDemoRuns,
  runsRoutes
} from '../../testing/fixtures.runs';
import { pointsOf, unitsOf } from '../FilterBox';
import { lineCount, outerRange, placeOf } from '../lines';
import { RunsPage } from '../RunsPage';
import { joinFilter, orderBy, searchOf } from '../search';

const QUERY = 'POST api/1.0/runs/query';
const ACTIONS = 'POST api/1.0/runs/actions';

function show(
  changes: FakeRoutes = {},
  query: Record<string, string> = { parts: 'table' },
  saved?: unknown
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness page={RunsPage} name="1" query={query} />,
    {
      routes: {
        ...demoRoutes(),
        ...runsRoutes(),
        'GET api/1.0/me/state/*': {},
        ...changes
      },
      host: saved
        ? {
            saved: <T,>() => ({
              get: async () => saved as T,
              set: () => undefined
            })
          }
        : {}
    }
  );
}

const searches = (host: ReturnType<typeof show>['host']): IRunSearch[] =>
  host.server.requests
    .filter(one => `${one.method} ${one.path}` === QUERY)
    .map(one => one.body as IRunSearch);

const bodies = (
  host: ReturnType<typeof show>['host'],
  route: string
): unknown[] =>
  host.server.requests
    .filter(one => `${one.method} ${one.path}` === route)
    .map(one => one.body);

describe('runs page', () => {
  it('shows runs with the metrics that count first, and opens one', async () => {
    const { host } = show();
    const grid = await screen.findByRole('treegrid', { name: 'Runs' });
    const heads = within(grid)
      .getAllByRole('columnheader')
      .map(head => head.textContent);
    expect(heads.slice(1, 6)).toEqual([
      'Run',
      'State',
      'Started',
      'Duration',
      'auc'
    ]);
    await userEvent.click(within(grid).getByText('lightgbm-60'));
    expect(host.opened).toEqual([`mlnb:run/${DEMO_RUNS[0].id}`]);
    expect(screen.getByRole('heading', { name: 'flights' })).toBeVisible();
    expect(screen.getByText('60 runs')).toBeInTheDocument();
  });

  it('sorts on the server, the other way at the second click', async () => {
    const { host } = show();
    const auc = await screen.findByRole('columnheader', { name: 'auc' });
    await userEvent.click(auc);
    await waitFor(() =>
      expect(searches(host).pop()?.order_by).toEqual(['metrics.`auc` DESC'])
    );
    await userEvent.click(screen.getByRole('columnheader', { name: 'auc' }));
    await waitFor(() =>
      expect(searches(host).pop()?.order_by).toEqual(['metrics.`auc` ASC'])
    );
  });

  it('asks for states and times', async () => {
    const { host } = show();
    await screen.findByRole('treegrid');
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'State' }),
      'failed or stopped'
    );
    await waitFor(() =>
      expect(searches(host).pop()).toMatchObject({
        state: ['FAILED', 'KILLED']
      })
    );
    expect(await screen.findByText('2 runs')).toBeInTheDocument();
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Started' }),
      'last 24 hours'
    );
    await waitFor(() =>
      expect(searches(host).pop()?.filter).toMatch(
        /^attributes\.start_time > \d+$/
      )
    );
  });

  it('teaches when there are no runs', async () => {
    show({ [QUERY]: { total: 0, offset: 0, ids: [], columns: [] } });
    expect(await screen.findByText('No runs yet')).toBeInTheDocument();
  });

  it('shows names from outside as text', async () => {
    const name = '<img src=x onerror=alert(1)> \u202Eevil 😀';
    show({
      [QUERY]: (request: IFakeRequest) => {
        const page = queryDemoRuns(request);
        page.columns
          .filter(column => column.key === 'attributes.run_name')
          .forEach(column => (column.values[0] = name));
        return page;
      }
    });
    expect(await screen.findByText(name)).toBeInTheDocument();
  });

  it('fetches only the columns in view of a thousand', async () => {
    const keys = Array.from({ length: 1000 }, (_, i) => `metrics.m${i}`);
    const { host } = show(
      {
        [QUERY]: (request: IFakeRequest) => {
          const { columns = [], offset = 0 } = request.body as IRunSearch;
          return {
            total: 10_000,
            offset,
            ids: Array.from({ length: 200 }, (_, i) => `r${offset + i}`),
            columns: columns.map(key => ({
              key,
              type: 'number',
              values: Array.from({ length: 200 }, (_, i) => i)
            }))
          };
        }
      },
      { parts: 'table' },
      keys
    );
    expect(
      await screen.findByRole('columnheader', { name: 'm0' })
    ).toBeInTheDocument();
    const asked = new Set(searches(host).flatMap(one => one.columns ?? []));
    expect(asked.size).toBeGreaterThan(20);
    expect(asked.size).toBeLessThan(150);
  });
});

describe('filter', () => {
  it('applies a filter that can be read, and shows what is in nothing else', async () => {
    const { host } = show();
    await screen.findByRole('treegrid');
    expect(searches(host)[0].parent).toBe('');
    await userEvent.type(
      screen.getByRole('combobox', { name: 'Filter' }),
      "params.model = 'forest'"
    );
    await waitFor(() =>
      expect(searches(host).pop()?.filter).toBe("params.model = 'forest'")
    );
    expect(searches(host).pop()?.parent).toBeUndefined();
    expect(await screen.findByText('20 runs')).toBeInTheDocument();
  });

  it('underlines what cannot be read, and keeps the rows', async () => {
    const { host } = show({
      'POST api/1.0/runs/filter/check': {
        ok: false,
        message: 'Expected a value.',
        position: 12,
        end: 13
      }
    });
    await screen.findByRole('treegrid');
    const field = screen.getByRole('combobox', { name: 'Filter' });
    await userEvent.type(field, 'metrics.auc >');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Expected a value.'
    );
    expect(field).toBeInvalid();
    expect(document.querySelector('u')?.dataset.wrong).toBe('>');
    expect(screen.getByText('lightgbm-60')).toBeInTheDocument();
    expect(searches(host).every(one => !one.filter?.includes('>'))).toBe(true);
  });

  it('completes names by key', async () => {
    const { host } = show({
      'POST api/1.0/complete': {
        start: 0,
        end: 3,
        items: [
          { text: 'metrics.auc', type: 'metric' },
          { text: 'metrics.log_loss', type: 'metric' }
        ]
      }
    });
    await screen.findByRole('treegrid');
    const field = screen.getByRole('combobox', { name: 'Filter' });
    await userEvent.type(field, 'met');
    await screen.findByRole('listbox', { name: 'Completions' });
    expect(bodies(host, 'POST api/1.0/complete')[0]).toEqual({
      language: 'runs-filter',
      text: 'met',
      cursor: 3
    });
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    expect(field).toHaveValue('metrics.log_loss');
  });

  it('counts positions as the server does', () => {
    expect(pointsOf('😀 a', 3)).toBe(2);
    expect(unitsOf('😀 a', 2)).toBe(3);
  });
});

describe('columns', () => {
  it('finds one among thousands on the server, and shows it', async () => {
    const { host } = show({
      'GET api/1.0/experiments/*/columns': (request: IFakeRequest) => ({
        columns: request.query.q
          ? [{ key: 'metrics.rare_one', type: 'number', runs: 1 }]
          : [{ key: 'metrics.auc', type: 'number', runs: 9 }],
        truncated: !request.query.q
      })
    });
    await screen.findByRole('treegrid');
    await userEvent.click(screen.getByRole('button', { name: 'Columns' }));
    const pane = screen.getByRole('dialog', { name: 'Columns' });
    expect(within(pane).getByText(/There are more/)).toBeVisible();
    await userEvent.type(within(pane).getByRole('searchbox'), 'rare');
    await userEvent.click(
      await within(pane).findByRole('checkbox', { name: /rare_one/ })
    );
    expect(
      await screen.findByRole('columnheader', { name: 'rare_one' })
    ).toBeInTheDocument();
    expect(host.server.requests.some(one => one.query.q === 'rare')).toBe(true);
  });

  it('shows the least value of a metric in place of the latest', async () => {
    const { host } = show();
    await screen.findByRole('treegrid');
    await userEvent.click(screen.getByRole('button', { name: 'Columns' }));
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Value of log_loss' }),
      'least'
    );
    expect(
      await screen.findByRole('columnheader', { name: 'log_loss least' })
    ).toBeInTheDocument();
    await waitFor(() =>
      expect(searches(host).pop()?.columns).toContain('metrics.log_loss@min')
    );
  });
});

describe('groups and nested runs', () => {
  it('expands a run that contains others, by pointer and by key', async () => {
    const { host } = show();
    const grid = await screen.findByRole('treegrid');
    const name = String(DEMO_RUNS[6].cells['attributes.run_name']);
    const row = within(grid).getByText(name).closest('[role="row"]');
    expect(row).toHaveAttribute('aria-expanded', 'false');
    await userEvent.click(
      screen.getByRole('button', { name: `Expand ${name}` })
    );
    const child = String(DEMO_CHILDREN[2].cells['attributes.run_name']);
    const inner = (await screen.findByText(child)).closest('[role="row"]');
    expect(inner).toHaveAttribute('aria-level', '2');
    expect(searches(host)).toContainEqual(
      expect.objectContaining({ parent: DEMO_RUNS[6].id })
    );
    // One row is pinned on top; the seventh run is active after six steps.
    for (let i = 0; i < 6; i++) {
      fireEvent.keyDown(grid, { key: 'ArrowDown' });
    }
    fireEvent.keyDown(grid, { key: 'ArrowLeft' });
    await waitFor(() => expect(screen.queryByText(child)).toBeNull());
  });

  it('shows groups with their means, and the runs in them', async () => {
    const { host } = show();
    await screen.findByRole('treegrid');
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Group by' }),
      'model'
    );
    const group = await screen.findByText('model: forest');
    expect(group.closest('[role="row"]')).toHaveTextContent(/0\.7\d/);
    expect(searches(host).pop()).toMatchObject({ group_by: 'params.model' });
    expect(
      screen.getByText('60 runs in 3 groups, which show the mean of their runs')
    ).toBeInTheDocument();
    await userEvent.click(group);
    expect(await screen.findByText('forest-58')).toBeInTheDocument();
  });

  it('finds the place of each line', () => {
    const lines = [{}, {}, {}];
    const insertions = [
      { at: 1, lines },
      { at: 2, lines: [{}] }
    ];
    expect(lineCount(5, insertions)).toBe(9);
    expect(placeOf(1, insertions)).toEqual({ outer: 1 });
    expect(placeOf(2, insertions)).toMatchObject({ inner: 0 });
    expect(placeOf(4, insertions)).toMatchObject({ inner: 2 });
    expect(placeOf(5, insertions)).toEqual({ outer: 2 });
    expect(placeOf(6, insertions)).toMatchObject({ inner: 0 });
    expect(placeOf(8, insertions)).toEqual({ outer: 4 });
    expect(outerRange({ first: 3, last: 8 }, insertions)).toEqual({
      first: 1,
      last: 4
    });
  });
});

describe('chosen runs', () => {
  async function choose(
    ...names: string[]
  ): Promise<ReturnType<typeof show>['host']> {
    const { host } = show();
    await screen.findByRole('treegrid');
    for (const name of names) {
      await userEvent.click(
        screen.getAllByRole('checkbox', { name: `Choose ${name}` }).pop()!
      );
    }
    return host;
  }

  it('compares two, and shows what differs between them', async () => {
    const host = await choose('forest-58', 'logistic-59');
    const bar = screen.getByRole('toolbar', { name: 'Chosen runs' });
    expect(bar).toHaveTextContent('2 runs chosen');
    await userEvent.click(within(bar).getByRole('button', { name: 'Compare' }));
    await userEvent.click(within(bar).getByRole('button', { name: 'Diff' }));
    const [a, b] = [DEMO_RUNS[2].id, DEMO_RUNS[1].id];
    expect(host.opened).toEqual([
      `mlnb:compare/${a}%2C${b}`,
      `mlnb:diff/${a}/${b}`
    ]);
  });

  it('throws runs away, and takes them back out', async () => {
    const host = await choose('forest-58');
    await userEvent.click(
      within(screen.getByRole('toolbar', { name: 'Chosen runs' })).getByRole(
        'button',
        { name: 'Trash' }
      )
    );
    await waitFor(() => expect(host.notices).toHaveLength(1));
    expect(host.notices[0].message).toBe('forest-58 is in the trash.');
    expect(screen.queryByRole('toolbar', { name: 'Chosen runs' })).toBeNull();
    await act(async () => host.notices[0].actions?.[0].run());
    expect(bodies(host, ACTIONS)).toEqual([
      { action: 'trash', run_ids: [DEMO_RUNS[2].id] },
      { action: 'restore', run_ids: [DEMO_RUNS[2].id] }
    ]);
  });

  it('tags by what was typed, and says who was left alone', async () => {
    const { host } = show({
      [ACTIONS]: {
        action: 'tag',
        changed: ['x'],
        refused: [{ run_id: 'y', name: 'b', reason: 'It is gone.' }]
      }
    });
    await screen.findByRole('treegrid');
    await userEvent.click(
      screen.getByRole('checkbox', { name: 'Choose forest-58' })
    );
    host.text = 'stage = candidate';
    await userEvent.click(screen.getByRole('button', { name: 'Tag…' }));
    await waitFor(() => expect(host.notices).toHaveLength(2));
    expect(bodies(host, ACTIONS)[0]).toMatchObject({
      action: 'tag',
      key: 'stage',
      value: 'candidate'
    });
    expect(host.notices[1].hint).toBe('b: It is gone.');
  });

  it('chooses by keys, a range with Shift, and lays them aside with c', async () => {
    const { host } = show();
    const grid = await screen.findByRole('treegrid');
    fireEvent.keyDown(grid, { key: ' ' });
    fireEvent.keyDown(grid, { key: 'ArrowDown', shiftKey: true });
    fireEvent.keyDown(grid, { key: 'ArrowDown', shiftKey: true });
    expect(screen.getByText('3 runs chosen')).toBeInTheDocument();
    fireEvent.keyDown(grid, { key: 'c' });
    await waitFor(() => expect(host.notices).toHaveLength(1));
    expect(host.notices[0].message).toBe('3 runs added to the compare tray.');
    fireEvent.keyDown(grid, { key: 'Escape' });
    expect(screen.queryByText('3 runs chosen')).toBeNull();
  });

  it('chooses all that the search finds', async () => {
    const { host } = show();
    const grid = await screen.findByRole('treegrid');
    fireEvent.keyDown(grid, { key: 'a', ctrlKey: true });
    expect(await screen.findByText('60 runs chosen')).toBeInTheDocument();
    expect(host.notices).toEqual([]);
  });

  it('removes for good only after the number was typed', async () => {
    const { host } = show(
      {
        [QUERY]: (request: IFakeRequest) =>
          queryDemoRuns({
            ...request,
            body: { ...(request.body as object), deleted: false }
          })
      },
      { parts: 'table', trash: '1' }
    );
    await screen.findByRole('treegrid');
    expect(screen.getByText(/can be restored/)).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('checkbox', { name: 'Choose forest-58' })
    );
    host.text = 'yes';
    const remove = screen.getByRole('button', { name: 'Remove for good…' });
    await userEvent.click(remove);
    await waitFor(() => expect(host.asked).toHaveLength(1));
    expect(host.asked[0].label).toMatch(/9\.3 MB.*Type 1 to confirm/);
    await waitFor(() =>
      expect(host.notices[0]?.message).toBe('Nothing was removed.')
    );
    host.text = '1';
    await userEvent.click(remove);
    await waitFor(() =>
      expect(bodies(host, ACTIONS)).toContainEqual(
        expect.objectContaining({ action: 'purge', dry_run: false })
      )
    );
  });

  it('tells of a refusal', async () => {
    const { host } = show({
      [ACTIONS]: new ApiError(
        403,
        'PERMISSION_DENIED',
        'Not yours.',
        'Ask ada.'
      )
    });
    await screen.findByRole('treegrid');
    await userEvent.click(
      screen.getByRole('checkbox', { name: 'Choose forest-58' })
    );
    await userEvent.click(screen.getByRole('button', { name: 'Pin' }));
    await waitFor(() => expect(host.notices).toHaveLength(1));
    expect(host.notices[0]).toMatchObject({
      kind: 'error',
      message: 'Not yours.',
      hint: 'Ask ada.'
    });
  });
});

describe('pins and views', () => {
  it('keeps pinned runs on top', async () => {
    show();
    const grid = await screen.findByRole('treegrid');
    const name = String(DEMO_RUNS[8].cells['attributes.run_name']);
    await waitFor(() =>
      expect(within(grid).getAllByText(name)).toHaveLength(2)
    );
    expect(within(grid).getAllByRole('row')[1]).toHaveTextContent(name);
  });

  it('keeps filter, order and columns under a name, and opens them', async () => {
    const { host } = show({}, { parts: 'table', sort: 'metrics.auc' });
    await screen.findByRole('treegrid');
    await userEvent.click(screen.getByRole('button', { name: 'Views' }));
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Name of the view' }),
      'best first{Enter}'
    );
    await waitFor(() =>
      expect(bodies(host, 'PUT api/1.0/me/state/runs.views.1')).toEqual([
        {
          value: [
            expect.objectContaining({
              name: 'best first',
              query: { parts: 'table', sort: 'metrics.auc' }
            })
          ]
        }
      ])
    );
    await userEvent.click(
      screen.getByRole('columnheader', { name: 'log_loss' })
    );
    await userEvent.click(screen.getByRole('button', { name: 'Views' }));
    await userEvent.click(screen.getByRole('button', { name: 'best first' }));
    await waitFor(() =>
      expect(screen.getByRole('columnheader', { name: 'auc' })).toHaveAttribute(
        'aria-sort',
        'descending'
      )
    );
  });
});

describe('what is asked for', () => {
  it('quotes names in an order', () => {
    expect(orderBy({ key: 'metrics.a.b`c', down: false })).toEqual([
      'metrics.`a.b``c` ASC'
    ]);
    expect(orderBy(null)).toEqual(['attributes.start_time DESC']);
  });

  it('joins conditions, to the minute', () => {
    expect(joinFilter('a > 1', undefined, 'b < 2')).toBe('a > 1 AND b < 2');
    const search = searchOf('1', { filter: 'a > 1', since: 'hour' }, 7_260_001);
    expect(search.filter).toBe('a > 1 AND attributes.start_time > 3660000');
    expect(search.parent).toBeUndefined();
    expect(searchOf('all', {}, 0)).toMatchObject({
      experiment_ids: undefined,
      parent: ''
    });
  });
});
