import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import type { IGridQuery } from '../../api/grids';
import { renderWithHost } from '../../testing';
import { DataGrid } from '../DataGrid';
import type { IDataGridProps } from '../DataGrid';

const SNAPSHOT = {
  columns: ['id', 'city', 'at'],
  types: ['bigint', 'string', 'timestamp'],
  rows: [
    [1, 'Lima', 1_700_000_000_000],
    [2, null, null]
  ],
  total: 60_000
};

function show(
  changes: Partial<IDataGridProps> = {}
): ReturnType<typeof renderWithHost> & { asked: IGridQuery[] } {
  const asked: IGridQuery[] = [];
  const rendered = renderWithHost(
    <DataGrid
      id="grid-1"
      name="trips"
      snapshot={SNAPSHOT}
      live="live"
      {...changes}
    />,
    {
      routes: {
        'POST api/1.0/explore/grids/grid-1/rows': ({
          body
        }: {
          body?: unknown;
        }) => {
          const query = body as IGridQuery;
          asked.push(query);
          const total = query.search ? 1 : 60_000;
          return {
            columns: SNAPSHOT.columns,
            types: SNAPSHOT.types,
            rows: query.search
              ? [[59_999, 'Ushuaia', null]]
              : Array.from({ length: 200 }, (_, i) => [i, 'Lima', null]),
            offset: query.offset ?? 0,
            total
          };
        },
        'POST api/1.0/explore/grids/grid-1/drill': {
          kind: 'over_time',
          columns: {
            x: ['2024-01-01 00:00:00', '2024-02-01 00:00:00'],
            value: [3, 4],
            rows: [3, 4]
          },
          types: { x: 'timestamp' },
          total: 7
        }
      }
    }
  );
  return Object.assign(rendered, { asked });
}

describe('DataGrid', () => {
  it('shows the saved rows without a kernel, says how many, and offers nothing that needs it', () => {
    const { asked } = show({ live: 'gone' });
    const grid = screen.getByRole('grid', { name: 'Rows of trips' });
    expect(
      within(grid).getByRole('gridcell', { name: 'Lima' })
    ).toBeInTheDocument();
    expect(within(grid).getAllByText('null')).toHaveLength(2);
    expect(
      screen.getByText('60,000 rows, the first 2 shown')
    ).toBeInTheDocument();
    expect(screen.queryByRole('searchbox')).toBeNull();
    expect(screen.queryByRole('button', { name: 'CSV' })).toBeNull();
    expect(asked).toEqual([]);
  });

  it('asks its kernel for blocks of 200 rows and counts the rest', async () => {
    const { asked } = show();
    expect(
      await screen.findByText('60,000 rows, the first 10,000 shown')
    ).toBeInTheDocument();
    expect(asked[0]).toEqual({ offset: 0, limit: 200 });
    expect(screen.getByRole('grid')).toHaveAttribute('aria-rowcount', '10001');
  });

  it('searches all rows and sorts them in the kernel', async () => {
    const { asked } = show();
    await screen.findByText('60,000 rows, the first 10,000 shown');
    await userEvent.type(
      screen.getByRole('searchbox', { name: 'Search all rows' }),
      'ushu'
    );
    expect(await screen.findByText('1 of 60,000 rows')).toBeInTheDocument();
    expect(screen.getByRole('gridcell', { name: '59999' })).toBeInTheDocument();
    const header = screen.getByRole('columnheader', { name: 'city' });
    await userEvent.click(header);
    await userEvent.click(header);
    await waitFor(() =>
      expect(asked[asked.length - 1]).toMatchObject({
        search: 'ushu',
        sort: [{ column: 'city', down: true }]
      })
    );
  });

  it('filters by a column with a condition that can be taken away', async () => {
    const { asked } = show();
    await screen.findByText('60,000 rows, the first 10,000 shown');
    await userEvent.click(
      screen.getByRole('button', { name: 'Filter by column' })
    );
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Column' }),
      'city'
    );
    await userEvent.type(screen.getByRole('textbox', { name: 'Value' }), 'li');
    await userEvent.click(screen.getByRole('button', { name: 'Apply' }));
    await waitFor(() =>
      expect(asked[asked.length - 1].filters).toEqual([
        { column: 'city', op: 'contains', value: 'li' }
      ])
    );
    await userEvent.click(
      screen.getByRole('button', { name: /Remove the condition city/ })
    );
    expect(screen.queryByText('city contains li')).toBeNull();
  });

  it('draws what is chosen, keeps the choice and inserts its code', async () => {
    const onProps = jest.fn();
    const { host } = show({ onProps });
    await userEvent.click(screen.getByRole('tab', { name: 'Chart' }));
    expect(await screen.findByText('all 7 rows')).toBeInTheDocument();
    await waitFor(() => expect(host.drawn.drawn.length).toBeGreaterThan(0));
    expect(host.drawn.drawn[0].series[0].y).toEqual([3, 4]);
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Colour' }),
      'city'
    );
    expect(onProps).toHaveBeenLastCalledWith({
      chart: { kind: 'over_time', x: 'at', by: 'city' }
    });
    await userEvent.click(
      screen.getByRole('button', { name: 'Insert as cell' })
    );
    expect(host.inserted[0]).toContain('trips.groupby([pd.Grouper(key="at"');
  });

  it('copies the code where there is no notebook to insert into', async () => {
    const { host } = renderWithHost(
      <DataGrid id="g" snapshot={SNAPSHOT} live="asking" tab="chart" />,
      { host: { insert: undefined } }
    );
    await userEvent.click(screen.getByRole('button', { name: 'Copy code' }));
    expect(host.copied[0]).toContain('df.groupby');
  });

  it('says what the chart and the profile need when the kernel is gone', async () => {
    show({ live: 'gone' });
    await userEvent.click(screen.getByRole('tab', { name: 'Chart' }));
    expect(screen.getByText('Pictures need the rows')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('tab', { name: 'Profile' }));
    expect(screen.getByText('The profile needs the rows')).toBeInTheDocument();
  });

  it('survives an output that holds nothing of what it should', () => {
    show({ live: 'gone', snapshot: {} });
    expect(screen.getByText('This frame has no rows')).toBeInTheDocument();
  });
});
