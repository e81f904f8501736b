import {
  act,
  fireEvent,
  screen,
  waitFor,
  within
} from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import type { IDrill, IProfile } from '../../api/types.explore';
import { exploreRoutes, PROFILE } from '../../testing/fixtures.explore';
import type { IRendered } from '../../testing';
import { renderWithHost } from '../../testing';
import type { FakeRoutes } from '../../testing/fakeServer';
import { ProfileView } from '../ProfileView';

function show(
  options: {
    profile?: IProfile;
    live?: boolean;
    routes?: FakeRoutes;
  } = {}
): IRendered {
  return renderWithHost(
    <ProfileView
      profile={options.profile ?? PROFILE}
      live={options.live ?? true}
    />,
    { routes: { ...exploreRoutes(), ...options.routes } }
  );
}

async function openTab(name: RegExp): Promise<void> {
  await userEvent.click(screen.getByRole('tab', { name }));
}

/** What was asked about the rows. */
function drills({ host }: IRendered): IDrill[] {
  return host.server.requests
    .filter(one => one.path.endsWith('/drill'))
    .map(one => one.body as IDrill);
}

describe('a profile from its snapshot', () => {
  it('tells what was profiled, how large it is and which rows were left out', () => {
    show({ live: false });
    expect(
      screen.getByRole('heading', { name: 'main.raw.flights, version 2' })
    ).toBeInTheDocument();
    expect(screen.getByText('336,776')).toBeInTheDocument();
    expect(
      screen.getByText('67,203 of 336,776 rows held out')
    ).toBeInTheDocument();
  });

  it('says that it is from a sample only where the scan did not end', () => {
    const { unmount } = show({
      profile: { ...PROFILE, complete: false },
      live: false
    });
    expect(screen.getByText(/not all rows were read/)).toBeInTheDocument();
    unmount();
    show({ live: false });
    expect(screen.queryByText(/not all rows were read/)).toBeNull();
  });

  it('ranks the columns by what they tell of the target and marks those that will not be there', () => {
    show({ live: false });
    const [, ...rows] = within(
      screen.getByRole('table', { name: 'What predicts the target' })
    ).getAllByRole('row');
    expect(rows[0]).toHaveTextContent('arr_delay');
    expect(rows[0]).toHaveTextContent('unavailable at serving');
    expect(rows[1]).toHaveTextContent('dep_delay');
  });

  it('offers nothing that needs the rows, and says how to get it back', async () => {
    const rendered = show({ live: false });
    expect(screen.getByText(/run the cell again/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Dismiss…' })).toBeNull();
    await openTab(/^Columns/);
    expect(screen.queryByRole('slider')).toBeNull();
    expect(
      screen.getByRole('img', { name: /^Distribution of/ })
    ).toBeInTheDocument();
    expect(rendered.host.server.requests).toHaveLength(0);
  });

  it('leaves out the parts that it does not have', () => {
    show({
      profile: {
        ...PROFILE,
        correlations: undefined,
        timeline: undefined,
        slices: undefined,
        findings: [],
        target: undefined,
        columns: PROFILE.columns.map(column => ({
          ...column,
          num_nulls: 0,
          association: undefined
        }))
      }
    });
    expect(screen.getAllByRole('tab').map(tab => tab.textContent)).toEqual([
      'Overview',
      'Columns11'
    ]);
    expect(screen.getByText(/Nothing stands out/)).toBeInTheDocument();
  });

  it('survives a table without rows and names that look like markup', async () => {
    show({
      profile: {
        ...PROFILE,
        rows: 0,
        findings: undefined,
        correlations: undefined,
        timeline: undefined,
        slices: undefined,
        missing_together: undefined,
        target: undefined,
        columns: [
          {
            column_name: '<img src=x onerror=alert(1)>',
            data_type: 'string',
            kind: 'text',
            count: 0,
            num_nulls: 0,
            percent_null: 0
          }
        ]
      }
    });
    await openTab(/^Columns/);
    expect(
      screen.getByRole('row', { name: '<img src=x onerror=alert(1)>' })
    ).toBeInTheDocument();
    expect(document.querySelector('img')).toBeNull();
  });
});

describe('findings', () => {
  it('stand with the worst first and give the code that mends them', async () => {
    const { host } = show();
    const items = within(
      screen.getByRole('list', { name: 'Findings' })
    ).getAllByRole('listitem');
    expect(items[0]).toHaveTextContent('blocks training');
    await userEvent.click(
      within(items[0]).getByRole('button', { name: 'Fix…' })
    );
    await userEvent.click(
      within(items[0]).getByRole('button', { name: 'SQL' })
    );
    await userEvent.click(
      within(items[0]).getByRole('button', { name: 'Insert cell' })
    );
    expect(host.inserted).toEqual([
      '%%sql\nSELECT * EXCLUDE (arr_delay) FROM main.raw.flights'
    ]);
  });

  it('are dismissed only with a reason, and can be opened again', async () => {
    const { host } = show();
    const list = screen.getByRole('list', { name: 'Findings' });
    const before = within(list).getAllByRole('listitem').length;
    await userEvent.click(
      within(list).getAllByRole('button', { name: 'Dismiss…' })[0]
    );
    const pane = screen.getByRole('dialog', { name: 'Dismiss…' });
    const dismiss = within(pane).getByRole('button', { name: 'Dismiss' });
    expect(dismiss).toBeDisabled();
    await userEvent.type(
      within(pane).getByRole('textbox'),
      'known at departure'
    );
    await userEvent.click(dismiss);
    await waitFor(() =>
      expect(within(list).getAllByRole('listitem')).toHaveLength(before - 1)
    );
    expect(host.server.requests.at(-1)?.body).toEqual({
      state: 'dismissed',
      reason: 'known at departure'
    });
    await userEvent.click(screen.getByRole('button', { name: '1 dismissed' }));
    expect(list).toHaveTextContent('ada: known at departure');
    await userEvent.click(
      within(list).getByRole('button', { name: 'Open again' })
    );
    await waitFor(() =>
      expect(within(list).getAllByRole('listitem')).toHaveLength(before)
    );
  });

  it('say why a decision was refused and keep the reason that was typed', async () => {
    show({
      routes: {
        'PATCH api/1.0/explore/profiles/*/findings/*': new ApiError(
          403,
          'PERMISSION_DENIED',
          'You may not decide this.',
          'Ask the owner.'
        )
      }
    });
    await userEvent.click(
      screen.getAllByRole('button', { name: 'Dismiss…' })[0]
    );
    await userEvent.type(screen.getByRole('textbox'), 'because');
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'You may not decide this. Ask the owner.'
    );
    expect(screen.getByRole('textbox')).toHaveValue('because');
  });
});

describe('columns', () => {
  it('are found by a part of their name and sorted by a press on the head', async () => {
    show();
    await openTab(/^Columns/);
    const names = (): string[] =>
      within(screen.getByRole('grid', { name: 'Columns' }))
        .getAllByRole('row')
        .slice(1)
        .map(row => row.getAttribute('aria-label') ?? '');
    expect(names()[0]).toBe('month');
    await userEvent.click(screen.getByRole('button', { name: 'Distinct' }));
    expect(names()[0]).toBe('time_hour');
    expect(
      screen.getByRole('columnheader', { name: /Distinct/ })
    ).toHaveAttribute('aria-sort', 'descending');
    await userEvent.type(
      screen.getByRole('searchbox', { name: 'Find a column' }),
      'delay'
    );
    expect(names()).toEqual(['arr_delay', 'dep_delay']);
    expect(screen.getByText('2 of 11 columns')).toBeInTheDocument();
  });

  it('are gone through with the arrow keys', async () => {
    show();
    await openTab(/^Columns/);
    screen.getByRole('row', { name: 'arr_delay' }).focus();
    await userEvent.keyboard('{ArrowUp}');
    expect(screen.getByRole('row', { name: 'time_hour' })).toHaveFocus();
    expect(
      screen.getByRole('region', { name: 'time_hour' })
    ).toBeInTheDocument();
  });

  it('stand a column that tells nothing of the target and has no bins', async () => {
    const columns = PROFILE.columns.map(column => ({
      ...column,
      association: column.association && {
        ...column.association,
        shape: undefined
      }
    }));
    show({ profile: { ...PROFILE, columns } });
    await openTab(/^Columns/);
    expect(
      screen.getByRole('region', { name: 'Against late' })
    ).toBeInTheDocument();
  });

  it('mark figures that are not exact and say how sure they are', async () => {
    const columns = PROFILE.columns.map(column => ({
      ...column,
      basis: { ...column.basis, median: 'bound' as const },
      bin_width: 0.25
    }));
    show({ profile: { ...PROFILE, columns } });
    await openTab(/^Columns/);
    expect(
      screen.getAllByTitle('within 0.25 of the exact figure')[0]
    ).toHaveTextContent('†');
  });
});

describe('brushing', () => {
  it('asks every visible column for the chosen rows, in its own bins, and counts them', async () => {
    const rendered = show();
    await openTab(/^Columns/);
    await userEvent.click(screen.getByRole('row', { name: 'distance' }));
    screen.getByRole('slider').focus();
    await userEvent.keyboard('{ArrowRight}{Shift>}{ArrowRight}{/Shift}');
    expect(
      await screen.findByText('31,204 of 336,776 rows')
    ).toBeInTheDocument();
    await waitFor(() =>
      expect(drills(rendered).length).toBeGreaterThan(
        PROFILE.columns.length - 2
      )
    );
    const month = drills(rendered).find(
      one => one.kind === 'hist' && one.x === 'month'
    );
    expect(month?.edges).toEqual(PROFILE.columns[0].histogram?.edges);
    expect(month?.filters?.[0].column).toBe('distance');
    // A picture is never narrowed by its own brush.
    expect(drills(rendered).some(one => one.x === 'distance')).toBe(false);
  });

  it('never leaves out the outermost values, and all bins together are no condition', async () => {
    const rendered = show();
    await openTab(/^Columns/);
    screen.getByRole('slider').focus();
    await userEvent.keyboard('{End}');
    await waitFor(() => expect(drills(rendered).length).toBeGreaterThan(0));
    expect(drills(rendered)[0].filters?.[0]).toMatchObject({ op: '>=' });
    await userEvent.keyboard('{Shift>}{Home}{/Shift}');
    await waitFor(() =>
      expect(screen.queryByRole('list', { name: 'Chosen rows' })).toBeNull()
    );
  });

  it('is taken away by Escape', async () => {
    show();
    await openTab(/^Columns/);
    screen.getByRole('slider').focus();
    await userEvent.keyboard('{Home}');
    expect(
      await screen.findByRole('list', { name: 'Chosen rows' })
    ).toBeInTheDocument();
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('list', { name: 'Chosen rows' })).toBeNull();
  });

  it('has one question out at a time and sends only the last of many', async () => {
    const rendered = show();
    await openTab(/^Columns/);
    const { server } = rendered.host;
    server.delay = Infinity;
    screen.getByRole('slider').focus();
    await userEvent.keyboard('{Home}');
    await waitFor(() => expect(drills(rendered)).toHaveLength(1));
    await act(async () => {
      await new Promise(done => setTimeout(done, 300));
    });
    // The others stand in line behind the one that is out.
    expect(drills(rendered)).toHaveLength(1);
    server.delay = 0;
    await userEvent.keyboard('{ArrowRight}');
    await waitFor(() => expect(drills(rendered).length).toBeGreaterThan(4));
    const last = JSON.stringify(drills(rendered).at(-1)?.filters);
    expect(
      drills(rendered)
        .slice(1)
        .every(one => JSON.stringify(one.filters) === last)
    ).toBe(true);
  });

  it('chooses levels of a category, and a drag over bins', async () => {
    const rendered = show();
    await openTab(/^Columns/);
    await userEvent.click(screen.getByRole('row', { name: 'late' }));
    await userEvent.click(screen.getByRole('button', { name: /^true:/ }));
    await waitFor(() => expect(drills(rendered).length).toBeGreaterThan(0));
    expect(drills(rendered)[0].filters).toEqual([
      { column: 'late', op: 'in', values: [true] }
    ]);
    await userEvent.click(screen.getByRole('row', { name: 'month' }));
    const slider = screen.getByRole('slider');
    slider.getBoundingClientRect = () =>
      ({ left: 0, width: 120, top: 0, height: 100 }) as DOMRect;
    // The simulated page knows no pointers, only mice.
    const at = (type: string, clientX: number): void =>
      void fireEvent(slider, new MouseEvent(type, { bubbles: true, clientX }));
    at('pointerdown', 25);
    at('pointermove', 55);
    at('pointerup', 55);
    const chosen = screen.getByRole('list', { name: 'Chosen rows' });
    expect(chosen).toHaveTextContent('late: true');
    expect(chosen).toHaveTextContent('month: 2.5 to 6.5');
  });

  it('shows the rows behind', async () => {
    const rendered = show();
    await openTab(/^Columns/);
    screen.getByRole('slider').focus();
    await userEvent.keyboard('{Home}');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Show rows' })
    );
    const table = await screen.findByRole('table', { name: 'Rows' });
    await waitFor(() => expect(table).toHaveTextContent('EV'));
    expect(table).toHaveTextContent('null');
    await waitFor(() =>
      expect(drills(rendered).some(one => one.limit === 200)).toBe(true)
    );
  });

  it('says what is wrong when the rows are gone', async () => {
    show({
      routes: {
        'POST api/1.0/explore/profiles/*/drill': new ApiError(
          404,
          'PROFILE_NOT_OPEN',
          'The data behind this profile is not there any more.',
          'Run the cell again.'
        )
      }
    });
    await openTab(/^Columns/);
    screen.getByRole('slider').focus();
    await userEvent.keyboard('{Home}');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The data behind this profile is not there any more. Run the cell again.'
    );
  });
});

describe('two columns', () => {
  it.each([
    ['dep_delay', 'carrier', 'box', /dep_delay by carrier/],
    ['dep_delay', 'distance', 'scatter', /dep_delay against distance/],
    ['origin', 'late', 'cross', /origin against late/],
    ['dep_delay', 'time_hour', 'over_time', /dep_delay along time_hour/]
  ])('%s with %s is drawn as %s', async (column, other, kind, name) => {
    const rendered = show();
    await openTab(/^Columns/);
    await userEvent.click(screen.getByRole('row', { name: column }));
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Draw it with' }),
      other
    );
    expect((await screen.findAllByLabelText(name)).length).toBeGreaterThan(0);
    expect(drills(rendered).map(one => one.kind)).toEqual([kind]);
  });

  it('are drawn from a cell of the map, which is gone through with the arrow keys', async () => {
    const rendered = show();
    await openTab(/^Corr/);
    const map = screen.getByRole('group', {
      name: 'Correlations of all pairs'
    });
    const cells = within(map).getAllByRole('button');
    expect(cells.filter(cell => cell.tabIndex === 0)).toHaveLength(1);
    act(() => cells[0].focus());
    await userEvent.keyboard('{ArrowDown}{ArrowRight}{Enter}');
    expect(document.activeElement).toHaveAccessibleName(/arr_time and month: /);
    await waitFor(() => expect(drills(rendered)).toHaveLength(1));
    expect(drills(rendered)[0]).toMatchObject({
      kind: 'scatter',
      x: 'month',
      y: 'arr_time'
    });
  });
});

describe('slices', () => {
  it('become a choice of rows', async () => {
    const rendered = show();
    await openTab(/^Slices/);
    await userEvent.click(
      screen.getAllByRole('button', { name: 'Choose these rows' })[0]
    );
    expect(
      await screen.findByRole('list', { name: 'Chosen rows' })
    ).toHaveTextContent('origin: EWR');
    await waitFor(() => expect(drills(rendered).length).toBeGreaterThan(0));
  });
});
