import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import {
  demoRoutes,
  FLIGHTS,
  PageHarness,
  preview,
  renderWithHost
} from '../../testing';
import type { FakeRoutes, IFakeRequest } from '../../testing';
import { TablePage } from '../TablePage';

const PREVIEW = 'GET api/1.0/tables/main.raw.flights/preview';

function show(
  changes: FakeRoutes = {},
  query?: Record<string, string>
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness page={TablePage} name="main.raw.flights" query={query} />,
    { routes: { ...demoRoutes(), ...changes } }
  );
}

function previews(
  host: ReturnType<typeof renderWithHost>['host']
): Record<string, string>[] {
  return host.server.requests
    .filter(one => one.path.endsWith('/preview'))
    .map(one => one.query);
}

describe('table page', () => {
  it('shows name, facts and rows', async () => {
    show();
    expect(
      await screen.findByRole('heading', { name: 'flights' })
    ).toBeInTheDocument();
    expect(screen.getByText('336,776')).toBeInTheDocument();
    const grid = await screen.findByRole('grid', {
      name: 'Rows of main.raw.flights'
    });
    expect(grid).toHaveAttribute('aria-rowcount', '100001');
    expect(screen.getByText('first 100,000 of 336,776 rows')).toBeVisible();
    expect(
      within(grid).getByRole('img', { name: 'primary key' })
    ).toBeInTheDocument();
  });

  it('sorts up, down, and as stored again', async () => {
    const { host } = show();
    const click = async (): Promise<void> =>
      userEvent.click(
        await screen.findByRole('columnheader', { name: 'distance' })
      );
    for (const sort of ['distance', '-distance', undefined]) {
      await click();
      await waitFor(() => {
        const last = previews(host).pop();
        // An order that was asked before is answered from memory.
        expect(sort === undefined || last?.sort === sort).toBe(true);
      });
    }
    expect(
      screen.getByRole('columnheader', { name: 'distance' })
    ).not.toHaveAttribute('aria-sort');
  });

  it('marks a condition that the server refuses, and keeps the rows', async () => {
    show({
      [PREVIEW]: (request: IFakeRequest) =>
        request.query.where
          ? new ApiError(400, 'INVALID_PARAMETER_VALUE', 'No column tial.')
          : preview(request)
    });
    await screen.findByRole('grid');
    const field = screen.getByRole('searchbox', { name: /Condition/ });
    await userEvent.type(field, 'tial = 1');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'No column tial.'
    );
    expect(field).toHaveAttribute('aria-invalid', 'true');
    expect(screen.getByRole('grid')).toBeInTheDocument();
  });

  it('lists the columns with key and comment', async () => {
    show();
    await userEvent.click(await screen.findByRole('tab', { name: /Schema/ }));
    const row = screen.getByRole('row', { name: /time_hour/ });
    expect(row).toHaveTextContent('timestamp');
    expect(row).toHaveTextContent('Scheduled departure, hour');
    expect(
      within(row).getByRole('img', { name: 'time-series key' })
    ).toBeInTheDocument();
  });

  it('shows the version that is picked from the history, and leads back', async () => {
    const { host } = show();
    await userEvent.click(await screen.findByRole('tab', { name: 'History' }));
    expect(await screen.findByText('+308,641 rows')).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Show version 1' })
    );
    expect(screen.getByText('version 1 of 2')).toBeInTheDocument();
    await waitFor(() => expect(previews(host).pop()?.version).toBe('1'));
    await userEvent.click(
      screen.getByRole('button', { name: 'Back to the newest version' })
    );
    expect(screen.getByText('version 2')).toBeInTheDocument();
  });

  it('leads from a commit to its run', async () => {
    const { host } = show({}, { tab: 'history' });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Run f3ad0c9d' })
    );
    expect(host.opened).toEqual(['mlnb:run/f3ad0c9d5a2b4f56a0bce7b1e4a9d210']);
  });

  it('moves between tabs with the arrow keys', async () => {
    show();
    (await screen.findByRole('tab', { name: 'Preview' })).focus();
    await userEvent.keyboard('{ArrowRight}');
    expect(screen.getByRole('tab', { name: /Schema/ })).toHaveFocus();
    expect(screen.getByRole('tab', { name: /Schema/ })).toHaveAttribute(
      'aria-selected',
      'true'
    );
  });

  it('shows what a kernel has just written', async () => {
    let version = 2;
    const { host } = show({
      'GET api/1.0/tables/main.raw.flights': () => ({ ...FLIGHTS, version })
    });
    await screen.findByText('version 2');
    version = 3;
    act(() => host.events.change('table:main.raw.flights', 'table.written'));
    expect(await screen.findByText('version 3')).toBeInTheDocument();
  });

  it('says so when the table is empty or gone', async () => {
    show({
      [PREVIEW]: { total: 0, offset: 0, ids: [], columns: [] }
    });
    expect(
      await screen.findByText('This table has no rows yet')
    ).toBeInTheDocument();
    show({
      'GET api/1.0/tables/main.raw.flights': new ApiError(
        404,
        'TABLE_OR_VIEW_NOT_FOUND',
        'Gone.',
        'Did you mean main.raw.planes?'
      )
    });
    expect(
      await screen.findByText('Did you mean main.raw.planes?')
    ).toBeInTheDocument();
  });

  it('shows an outline while loading', () => {
    show({
      'GET api/1.0/tables/main.raw.flights': new Promise(() => undefined)
    });
    expect(screen.getByRole('status', { name: 'Loading' })).toBeInTheDocument();
  });
});
