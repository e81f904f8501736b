import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import {
  COMMITS,
  COMPARISON,
  demoRoutes,
  PageHarness,
  renderWithHost
} from '../../testing';
import type { FakeRoutes, IFakeRequest } from '../../testing';
import { shownColumns } from '../CompareView';
import { parsePair } from '../HistoryTab';
import { TablePage } from '../TablePage';

function show(
  query: Record<string, string> = {},
  changes: FakeRoutes = {}
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness
      page={TablePage}
      name="main.raw.flights"
      query={{ tab: 'history', ...query }}
    />,
    { routes: { ...demoRoutes(), ...changes } }
  );
}

describe('history', () => {
  it('finds versions by operation, person and notebook', async () => {
    show();
    const table = await screen.findByRole('table', {
      name: 'Versions of main.raw.flights'
    });
    expect(within(table).getAllByRole('row')).toHaveLength(4);
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Operation' }),
      'append'
    );
    expect(within(table).getAllByRole('row')).toHaveLength(3);
    await userEvent.type(
      screen.getByRole('searchbox', { name: /Filter/ }),
      'nobody'
    );
    expect(screen.getByText('No version fits the filter')).toBeInTheDocument();
  });

  it('compares two marked versions, the older one first', async () => {
    const { host } = show();
    const button = await screen.findByRole('button', {
      name: 'Compare versions'
    });
    expect(button).toBeDisabled();
    for (const version of [2, 0]) {
      await userEvent.click(
        screen.getByRole('checkbox', {
          name: `Mark version ${version} for comparing`
        })
      );
    }
    await userEvent.click(
      screen.getByRole('button', { name: 'Compare 0 with 2' })
    );
    await screen.findByRole('table', { name: 'Rows that differ' });
    expect(
      host.server.requests.find(one => one.path.endsWith('/compare'))?.query
    ).toEqual({ versions: '0,2', by: 'key' });
  });
});

describe('long histories and notebooks', () => {
  it('fetches older versions when they are asked for, until there are none', async () => {
    const commit = (version: number): unknown => ({
      ...COMMITS[0],
      version,
      notebook: undefined
    });
    const { host } = show(
      {},
      {
        'GET api/1.0/tables/*/history': ({ query }: IFakeRequest) => {
          const first = Number(query.before ?? 251) - 1;
          const count = Math.min(Number(query.limit), first + 1);
          return {
            commits: Array.from({ length: count }, (_, i) => commit(first - i))
          };
        }
      }
    );
    const table = await screen.findByRole('table', {
      name: 'Versions of main.raw.flights'
    });
    expect(within(table).getAllByRole('row')).toHaveLength(201);
    await userEvent.click(
      screen.getByRole('button', { name: 'Show older versions' })
    );
    await waitFor(() =>
      expect(within(table).getAllByRole('row')).toHaveLength(252)
    );
    expect(
      screen.queryByRole('button', { name: 'Show older versions' })
    ).toBeNull();
    expect(
      host.server.requests
        .filter(one => one.path.endsWith('/history'))
        .map(one => one.query.before)
    ).toEqual([undefined, '51']);
  });

  it('leads to the notebook and cell of a version where there are notebooks', async () => {
    const openNotebook = jest.fn();
    renderWithHost(
      <PageHarness
        page={TablePage}
        name="main.raw.flights"
        query={{ tab: 'history' }}
      />,
      {
        routes: {
          ...demoRoutes(),
          'GET api/1.0/tables/*/history': {
            commits: [
              { ...COMMITS[0], notebook: '/w/a b.ipynb', cell: '4f2a9c1177' }
            ]
          }
        },
        host: { openNotebook }
      }
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'a b.ipynb, cell 4f2a9c11' })
    );
    expect(openNotebook).toHaveBeenCalledWith('/w/a b.ipynb', '4f2a9c1177');
  });
});

describe('comparison', () => {
  it('shows columns, counts and rows with what was before', async () => {
    show({ compare: '2..1' });
    const rows = await screen.findByRole('table', { name: 'Rows that differ' });
    const [, changed] = within(rows).getAllByRole('row');
    expect(changed).toHaveTextContent('changed');
    expect(changed.querySelector('del')).toHaveTextContent('UA');
    expect(changed.querySelector('ins')).toHaveTextContent('B6');
    expect(within(rows).getByText('changed in 2')).toBeInTheDocument();
    expect(screen.getByText('28,136')).toBeInTheDocument();
    const columns = screen.getByRole('table', { name: 'Changed columns' });
    expect(
      within(columns).getByRole('row', { name: /gate removed string/ })
    ).toBeInTheDocument();
  });

  it('can compare whole rows, swap the versions and go back', async () => {
    const { host } = show({ compare: '2..1' });
    await screen.findByRole('table', { name: 'Rows that differ' });
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Match rows by' }),
      'all their values'
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Swap the versions' })
    );
    await waitFor(() =>
      expect(
        host.server.requests
          .filter(one => one.path.endsWith('/compare'))
          .map(one => [one.query.versions, one.query.by])
      ).toEqual([
        ['2,1', 'key'],
        ['2,1', 'rows'],
        ['1,2', 'rows']
      ])
    );
    await userEvent.click(screen.getByRole('button', { name: 'All versions' }));
    expect(
      screen.getByRole('table', { name: 'Versions of main.raw.flights' })
    ).toBeInTheDocument();
  });

  it('says so when nothing differs, and why a key was of no use', async () => {
    const same = { ...COMPARISON, added: 0, removed: 0, changed: 0, rows: [] };
    show(
      { compare: '1..2' },
      { 'GET api/1.0/tables/*/compare': { ...same, schema_changes: [] } }
    );
    expect(
      await screen.findByText(/have the same columns and the same rows/)
    ).toBeInTheDocument();
    show(
      { compare: '1..2' },
      {
        'GET api/1.0/tables/*/compare': {
          ...COMPARISON,
          by: 'rows',
          note: 'Whole rows are compared: several rows have the same id.'
        }
      }
    );
    expect(
      await screen.findByText(/several rows have the same id/)
    ).toBeInTheDocument();
  });

  it('keeps to the changed columns of a wide table', () => {
    const columns = Array.from({ length: 30 }, (_, i) => ({
      name: `c${i}`,
      type: 'bigint',
      key: i === 0,
      changed_rows: i > 26 ? 1 : 0
    }));
    const wide = { ...COMPARISON, columns };
    expect(shownColumns(wide, false)).toEqual([0, 1, 2, 3, 4, 27, 28, 29]);
    expect(shownColumns(wide, true)).toHaveLength(30);
  });

  it('reads only pairs of versions', () => {
    expect(parsePair('3..5')).toEqual([3, 5]);
    expect(parsePair('3..x')).toBeNull();
    expect(parsePair(undefined)).toBeNull();
  });
});

describe('restoring', () => {
  it('says what is undone, restores, and can be undone itself', async () => {
    const { host } = show();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Restore version 1…' })
    );
    const panel = screen.getByRole('region', { name: 'Restore version 1' });
    expect(panel).toHaveTextContent('This undoes 1 version:');
    expect(panel).toHaveTextContent('2append+28,135 rows');
    await waitFor(() =>
      expect(panel).toHaveTextContent(
        '2 rows change back, 1 row comes back, 28,136 rows go, 1 column differs.'
      )
    );
    await userEvent.click(
      within(panel).getByRole('button', { name: 'Restore version 1' })
    );
    await waitFor(() => expect(host.notices).toHaveLength(1));
    host.notices[0].actions?.[0].run();
    await waitFor(() => expect(host.notices).toHaveLength(2));
    expect(
      host.server.requests
        .filter(one => one.method === 'POST')
        .map(one => one.body)
    ).toEqual([{ version: 1 }, { version: 2 }]);
    expect(screen.queryByRole('region', { name: /Restore/ })).toBeNull();
  });

  it('stays where it is when the server refuses', async () => {
    const { host } = show(
      { compare: '2..0', restore: '1' },
      {
        'POST api/1.0/tables/*/restore': new ApiError(
          404,
          'VERSION_FILES_MISSING',
          'Files of version 0 are gone.',
          'The oldest readable version is 1.'
        )
      }
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Restore version 0' })
    );
    await waitFor(() =>
      expect(host.notices[0]?.hint).toBe('The oldest readable version is 1.')
    );
    expect(
      screen.getByRole('region', { name: 'Restore version 0' })
    ).toBeInTheDocument();
  });
});
