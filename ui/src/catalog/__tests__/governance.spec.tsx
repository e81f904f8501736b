import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import {
  demoRoutes,
  FLIGHTS,
  GRANTS,
  OBJECT,
  PageHarness,
  PROFILE,
  renderWithHost
} from '../../testing';
import type { FakeRoutes, IFakeHost, IFakeRequest } from '../../testing';
import { TablePage } from '../TablePage';

function show(
  tab: string,
  changes: FakeRoutes = {}
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness page={TablePage} name="main.raw.flights" query={{ tab }} />,
    { routes: { ...demoRoutes(), ...changes } }
  );
}

function changes(host: IFakeHost): IFakeRequest[] {
  return host.server.requests.filter(one => one.method !== 'GET');
}

describe('schema', () => {
  it('shows figures of each column, and that they are of a sample', async () => {
    show('schema');
    const row = await screen.findByRole('row', { name: /dep_delay/ });
    await waitFor(() => expect(row).toHaveTextContent('2.8%'));
    expect(within(row).getByRole('img', { name: /From -43 to/ })).toBeVisible();
    expect(screen.getByRole('row', { name: /carrier/ })).toHaveTextContent(
      'UA (17.4%)'
    );
    expect(
      screen.getByText(/a random sample: 299,871 of 336,776 rows/)
    ).toBeInTheDocument();
  });

  it('edits a comment where it stands', async () => {
    const { host } = show('schema');
    const button = await screen.findByRole('button', {
      name: 'Edit: Comment of dest'
    });
    await userEvent.click(button);
    const field = screen.getByRole('textbox', { name: 'Comment of dest' });
    await userEvent.type(field, 'Airport of arrival{Enter}');
    await waitFor(() =>
      expect(changes(host).map(one => one.body)).toEqual([
        { text: 'Airport of arrival', column: 'dest', expected: '' }
      ])
    );
    expect(
      screen.queryByRole('textbox', { name: 'Comment of dest' })
    ).toBeNull();
  });

  it("shows another's change instead of overwriting it", async () => {
    let comment = 'Minutes; early departures are negative';
    const columns = (): object[] =>
      FLIGHTS.columns.map(one =>
        one.name === 'dep_delay' ? { ...one, comment } : one
      );
    const { host } = show('schema', {
      'GET api/1.0/tables/main.raw.flights': () => ({
        ...FLIGHTS,
        columns: columns()
      }),
      'PUT api/1.0/objects/table/*/comment': ({ body }: IFakeRequest) =>
        (body as { expected: string }).expected === comment
          ? {}
          : new ApiError(412, 'PRECONDITION_FAILED', 'Changed meanwhile.')
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Edit: Comment of dep_delay' })
    );
    comment = 'Theirs';
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Comment of dep_delay' }),
      ' (mine){Enter}'
    );
    expect(await screen.findByText(/It now reads: Theirs/)).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Save mine' }));
    await waitFor(() =>
      expect(changes(host)[1].body).toMatchObject({ expected: 'Theirs' })
    );
  });

  it('leaves a text alone with Escape', async () => {
    const { host } = show('schema');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Edit: Comment of dest' })
    );
    await userEvent.keyboard('draft{Escape}');
    expect(
      screen.queryByRole('textbox', { name: 'Comment of dest' })
    ).toBeNull();
    expect(changes(host)).toEqual([]);
  });

  it('adds and removes tags of a column', async () => {
    const { host } = show('schema');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Add a tag to origin' })
    );
    await userEvent.keyboard('airport{Tab}iata{Enter}');
    await userEvent.click(
      screen.getByRole('button', { name: 'Remove the tag pii of tailnum' })
    );
    await waitFor(() => expect(changes(host)).toHaveLength(2));
    expect(changes(host)[0].body).toEqual({
      key: 'airport',
      value: 'iata',
      column: 'origin'
    });
    expect(changes(host)[1].query).toEqual({ key: 'pii', column: 'tailnum' });
  });

  it('offers nothing to who may only read', async () => {
    show('schema', {
      'GET api/1.0/objects/table/*': { ...OBJECT, may: ['SELECT'] }
    });
    expect(await screen.findByText('pii')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /Edit|Add a tag/ })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Certify' })).toBeNull();
  });

  it('keeps names and comments when the figures cannot be computed', async () => {
    show('schema', {
      'GET api/1.0/tables/*/profile': new ApiError(
        400,
        'DELTA_TABLE_CORRUPT',
        'A file is gone.'
      )
    });
    expect(await screen.findByText('A file is gone.')).toBeInTheDocument();
    expect(screen.getByText('Two-letter code of the airline')).toBeVisible();
  });

  it('shows hostile names as they are', async () => {
    const name = '<img src=x onerror=alert(1)>';
    show('schema', {
      'GET api/1.0/tables/main.raw.flights': {
        ...FLIGHTS,
        columns: [{ name, type_text: 'string', nullable: true, comment: name }]
      },
      'GET api/1.0/tables/*/profile': { ...PROFILE, columns: [] }
    });
    expect(await screen.findAllByText(name)).not.toHaveLength(0);
    expect(document.querySelector('img')).toBeNull();
  });
});

describe('certification', () => {
  it('is told in words and changed by choice', async () => {
    const { host } = show('schema');
    expect(await screen.findByText('certified')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Certify' }));
    await userEvent.click(screen.getByRole('radio', { name: /Deprecated/ }));
    await waitFor(() =>
      expect(changes(host)[0]?.body).toEqual({ status: 'deprecated' })
    );
  });
});

describe('a dropped table', () => {
  it('comes back from its page', async () => {
    const { host } = show('schema', {
      'GET api/1.0/tables/main.raw.flights': new ApiError(
        404,
        'TABLE_OR_VIEW_NOT_FOUND',
        'Gone.'
      ),
      'GET api/1.0/trash': {
        items: [
          {
            kind: 'table',
            full_name: 'main.raw.flights',
            name: 'flights',
            dropped_at: 1,
            dropped_by: 'ada',
            until: 2
          }
        ]
      },
      'POST api/1.0/objects/table/*/undrop': {}
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Bring it back' })
    );
    await waitFor(() =>
      expect(changes(host)[0]?.path).toBe(
        'api/1.0/objects/table/main.raw.flights/undrop'
      )
    );
  });
});

describe('grants', () => {
  it('tells where each right comes from, and what it is worth', async () => {
    show('grants');
    const row = await screen.findByRole('row', { name: /analysts/ });
    expect(row).toHaveTextContent('SELECT');
    expect(row).toHaveTextContent('USE CATALOG from the catalog main');
    expect(screen.getByText(GRANTS.note)).toBeInTheDocument();
  });

  it('grants and revokes', async () => {
    const { host } = show('grants');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Revoke SELECT from analysts' })
    );
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Principal' }),
      'linus'
    );
    await userEvent.click(screen.getByRole('checkbox', { name: 'MODIFY' }));
    await userEvent.click(screen.getByRole('button', { name: 'Grant' }));
    await waitFor(() =>
      expect(changes(host).map(one => one.body)).toEqual([
        {
          changes: [{ principal: 'analysts', add: [], remove: ['SELECT'] }]
        },
        { changes: [{ principal: 'linus', add: ['MODIFY'], remove: [] }] }
      ])
    );
  });

  it('follows changes of the levels above', async () => {
    let grants = GRANTS;
    const { host } = show('grants', {
      'GET api/1.0/objects/table/*/grants': () => grants
    });
    await screen.findByRole('row', { name: /analysts/ });
    grants = { ...GRANTS, grants: [], may_grant: false };
    act(() => host.events.change('catalog:main', 'grant.removed'));
    expect(await screen.findByText(/Nobody else/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Grant' })).toBeNull();
  });
});

describe('use', () => {
  it('says who reads the table, from where, and which columns nobody reads', async () => {
    const { host } = show('insights');
    await userEvent.click(
      await screen.findByRole('button', { name: 'nightly report' })
    );
    expect(host.opened).toEqual(['mlnb:job/7']);
    expect(screen.getByRole('row', { name: /tailnum/ })).toHaveTextContent(
      'never'
    );
    expect(screen.getByText('read 141 times')).toBeInTheDocument();
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Last' }),
      '7 days'
    );
    await waitFor(() =>
      expect(
        host.server.requests.some(
          one => one.path.endsWith('/insights') && one.query.days === '7'
        )
      ).toBe(true)
    );
  });

  it('says so when nobody does', async () => {
    show('insights', {
      'GET api/1.0/tables/*/insights': {
        days: 30,
        reads: 0,
        readers: [],
        places: [],
        columns: [],
        per_day: []
      }
    });
    expect(await screen.findByText(/Nobody has read/)).toBeInTheDocument();
  });
});
