import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import {
  demoRoutes,
  PageHarness,
  preview,
  renderWithHost
} from '../../testing';
import type { FakeRoutes, IFakeRequest } from '../../testing';
import { listOf, operatorsOf } from '../Conditions';
import { queryCell } from '../loading';
import { TablePage } from '../TablePage';

function show(
  query: Record<string, string> = {},
  changes: FakeRoutes = {}
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness page={TablePage} name="main.raw.flights" query={query} />,
    { routes: { ...demoRoutes(), ...changes } }
  );
}

function last(
  host: ReturnType<typeof renderWithHost>['host']
): Record<string, string> {
  const asked = host.server.requests.filter(one =>
    one.path.endsWith('/preview')
  );
  return asked[asked.length - 1].query;
}

async function open(label: string): Promise<HTMLElement> {
  await userEvent.click(await screen.findByRole('button', { name: label }));
  return screen.getByRole('dialog', { name: label });
}

describe('preview', () => {
  it('asks for a condition by column, shows it, and takes it back', async () => {
    const { host } = show();
    const editor = await open('Filter by column');
    await userEvent.selectOptions(
      within(editor).getByRole('combobox', { name: 'Column' }),
      'distance'
    );
    await userEvent.selectOptions(
      within(editor).getByRole('combobox', { name: 'Condition' }),
      '≥'
    );
    await userEvent.type(
      within(editor).getByRole('textbox', { name: 'Value' }),
      '500{Enter}'
    );
    expect(screen.queryByRole('dialog')).toBeNull();
    const list = screen.getByRole('list', { name: 'Conditions' });
    expect(list).toHaveTextContent('distance ≥ 500');
    await waitFor(() =>
      expect(JSON.parse(last(host).filters)).toEqual({
        column: 'distance',
        op: '>=',
        value: '500'
      })
    );
    await userEvent.click(
      screen.getByRole('button', {
        name: 'Remove the condition distance ≥ 500'
      })
    );
    expect(screen.queryByRole('list', { name: 'Conditions' })).toBeNull();
  });

  it('shows chosen columns only, never none', async () => {
    const { host } = show();
    const pane = await open('Columns');
    await userEvent.click(
      within(pane).getByRole('button', { name: 'Key only' })
    );
    const both = screen.getByRole('dialog', { name: '2 of 9 columns' });
    await userEvent.click(
      within(both).getByRole('checkbox', { name: /time_hour/ })
    );
    await waitFor(() => expect(last(host).columns).toBe('flight_id'));
    expect(screen.getByRole('checkbox', { name: /flight_id/ })).toBeDisabled();
  });

  it('gives the query as SQL and inserts it as a cell', async () => {
    const { host } = show({ sort: '-distance' });
    const line = await screen.findByRole('region', { name: 'Query' });
    expect(line).toHaveTextContent('SELECT * FROM main.raw.flights LIMIT 100');
    await userEvent.click(
      screen.getByRole('button', { name: 'Insert as cell' })
    );
    await waitFor(() => expect(host.inserted).toHaveLength(1));
    expect(host.inserted[0]).toContain(
      'flights = ws.sql("""\nSELECT *\nFROM main.raw.flights\nLIMIT 100\n""").to_pandas()'
    );
  });

  it('tells which value does not fit, and keeps the rows', async () => {
    const filters = JSON.stringify([
      { column: 'distance', op: '>', value: 'far' }
    ]);
    show(
      { filters },
      {
        'GET api/1.0/tables/*/preview': (request: IFakeRequest) =>
          request.query.filters
            ? new ApiError(
                400,
                'INVALID_PARAMETER_VALUE',
                "The condition on distance (bigint) compares with 'far'.",
                'Write a number, such as 12.'
              )
            : preview(request)
      }
    );
    expect(await screen.findByRole('alert')).toHaveTextContent(
      /compares with 'far'.*Write a number/
    );
  });

  it('reads nothing out of a broken address', async () => {
    const { host } = show({ filters: '{', columns: '"x"' });
    await screen.findByRole('grid');
    expect(last(host).filters).toBeUndefined();
    expect(last(host).columns).toBeUndefined();
  });
});

describe('a query as a cell', () => {
  it('survives quotes and backslashes', () => {
    const sql = "SELECT * FROM t WHERE a = 'it\\'s' AND b = '\"\"\"'";
    expect(queryCell('main.a.t', sql).source).toContain(JSON.stringify(sql));
    expect(queryCell('main.a.t', sql, 'sql').source).toBe(`%%sql\n${sql}`);
  });
});

describe('conditions', () => {
  it('fit the type of the column', () => {
    expect(operatorsOf('string')[0]).toBe('contains');
    expect(operatorsOf('decimal(10,2)')).toContain('in');
    expect(operatorsOf('timestamp')[0]).toBe('>=');
    expect(operatorsOf('boolean')).toEqual(['=', 'is_null', 'is_not_null']);
    expect(operatorsOf('array<string>')).toEqual(['is_null', 'is_not_null']);
    expect(listOf('a, b,,c ')).toEqual(['a', 'b', 'c']);
  });
});
