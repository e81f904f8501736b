import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import { TablePage } from '../../catalog/TablePage';
import {
  DATA_COMPARISON,
  exploreRoutes,
  PROFILE_INFOS
} from '../../testing/fixtures.explore';
import { demoRoutes, PageHarness, renderWithHost } from '../../testing';
import type { IRendered } from '../../testing';
import type { FakeRoutes } from '../../testing/fakeServer';
import { ComparisonView } from '../ComparisonView';

describe('two sides compared', () => {
  it('says how many columns differ and how, in words and figures', () => {
    renderWithHost(<ComparisonView comparison={DATA_COMPARISON} live />, {
      routes: exploreRoutes()
    });
    expect(screen.getByText('1 of 3 columns differs.')).toBeInTheDocument();
    const [first] = screen.getAllByRole('listitem', { name: 'dep_delay' });
    expect(first).toHaveTextContent('differs');
    expect(first).toHaveTextContent('p < 0.001');
    expect(
      screen.getByRole('img', { name: /dep_delay: shares on both sides/ })
    ).toBeInTheDocument();
    expect(screen.getByText(/^Only in December:/)).toBeInTheDocument();
    expect(screen.getByText('3,420 of 4,043')).toBeInTheDocument();
  });

  it('decides nothing without a kernel', () => {
    renderWithHost(
      <ComparisonView comparison={DATA_COMPARISON} live={false} />
    );
    expect(screen.queryByRole('button', { name: 'Dismiss…' })).toBeNull();
  });

  it('with nothing to say says so', () => {
    renderWithHost(
      <ComparisonView
        comparison={{
          ...DATA_COMPARISON,
          columns: [],
          findings: undefined,
          schema: undefined,
          overlap: undefined,
          separability: undefined
        }}
        live
      />
    );
    expect(
      screen.getByText('No column differs by an amount that matters.')
    ).toBeInTheDocument();
  });
});

function table(
  routes: FakeRoutes = {},
  query: Record<string, string> = {}
): IRendered {
  return renderWithHost(
    <PageHarness
      page={TablePage}
      name="main.raw.flights"
      query={{ tab: 'profile', ...query }}
    />,
    { routes: { ...demoRoutes(), ...exploreRoutes(), ...routes } }
  );
}

describe('the profile of a table', () => {
  it('is the stored one of the version in view; older ones are opened by hand', async () => {
    table();
    expect(
      await screen.findByRole('region', { name: 'Profile of main.raw.flights' })
    ).toBeInTheDocument();
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Profile' }),
      PROFILE_INFOS[1].id
    );
    expect(
      await screen.findByText('of version 1; in view is version 2')
    ).toBeInTheDocument();
  });

  it('is made when asked for, watched, and shown when it is there', async () => {
    let made = false;
    const rendered = table({
      'GET api/1.0/explore/profiles': () => ({
        profiles: made ? [{ ...PROFILE_INFOS[0], id: 'new1' }] : []
      })
    });
    await userEvent.selectOptions(
      await screen.findByRole('combobox', { name: 'Target' }),
      'dep_delay'
    );
    await userEvent.click(screen.getByRole('button', { name: 'Profile' }));
    const bar = await screen.findByRole('progressbar', { name: 'Profiling' });
    const posted = rendered.host.server.requests.find(
      one => one.method === 'POST'
    );
    expect(posted?.body).toMatchObject({
      source: 'main.raw.flights',
      target: 'dep_delay'
    });
    act(() =>
      rendered.host.events.progress({
        subject: 'profile:new1',
        state: 'running',
        done: 40,
        total: 100,
        message: '40% of the rows'
      })
    );
    expect(bar).toHaveAttribute('aria-valuenow', '40');
    made = true;
    act(() =>
      rendered.host.events.progress({
        subject: 'profile:new1',
        state: 'succeeded',
        done: 0,
        total: 0,
        message: ''
      })
    );
    expect(
      await screen.findByRole('region', { name: 'Profile of main.raw.flights' })
    ).toBeInTheDocument();
  });

  it('can be stopped', async () => {
    const { host } = table({
      'GET api/1.0/explore/profiles': {
        profiles: [{ ...PROFILE_INFOS[0], id: 'p7', state: 'RUNNING' }]
      }
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Stop' }));
    await waitFor(() =>
      expect(host.server.count('POST api/1.0/explore/profiles/p7/stop')).toBe(1)
    );
  });

  it('says why it failed and offers another try', async () => {
    table({
      'GET api/1.0/explore/profiles': {
        profiles: [
          {
            ...PROFILE_INFOS[0],
            state: 'FAILED',
            error: {
              message: 'The target has no rows.',
              hint: 'Choose another.'
            }
          }
        ]
      }
    });
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The target has no rows. Choose another.'
    );
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(
      await screen.findByRole('combobox', { name: 'Target' })
    ).toBeInTheDocument();
  });

  it('goes into the notebook as the cell that shows the same', async () => {
    const { host } = table();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Insert as cell' })
    );
    expect(host.inserted).toEqual(['%eda main.raw.flights --target late']);
  });

  it('belongs to the version in view', async () => {
    table({}, { version: '0' });
    const form = await screen.findByRole('combobox', { name: 'Target' });
    expect(form).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Open one of 2 older profiles' })
    );
    expect(
      within(
        await screen.findByRole('combobox', { name: 'Profile' })
      ).getAllByRole('option')
    ).toHaveLength(2);
  });

  it('is laid beside an older version', async () => {
    let begun = false;
    const { host } = table({
      'GET api/1.0/explore/profiles': () => ({
        profiles: begun
          ? [
              { ...PROFILE_INFOS[0], id: 'c1', source_kind: 'comparison' },
              ...PROFILE_INFOS
            ]
          : PROFILE_INFOS
      }),
      'POST api/1.0/explore/profiles/compare': () => {
        begun = true;
        return { id: 'c1' };
      },
      'GET api/1.0/explore/comparisons/*': DATA_COMPARISON
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Compare with…' })
    );
    const form = screen.getByRole('dialog', { name: 'Compare with…' });
    expect(
      within(form).getByRole('option', { name: 'version 1' })
    ).toBeInTheDocument();
    await userEvent.click(
      within(form).getByRole('button', { name: 'Compare' })
    );
    expect(
      await screen.findByRole('region', { name: /^Comparison of/ })
    ).toBeInTheDocument();
    const posted = host.server.requests.find(
      one => one.path === 'api/1.0/explore/profiles/compare'
    );
    expect(posted?.body).toEqual({
      source: 'main.raw.flights',
      right: 'main.raw.flights@v1',
      target: 'late'
    });
  });

  it('is not mistaken for a comparison that was made since', async () => {
    table({
      'GET api/1.0/explore/profiles': {
        profiles: [
          { ...PROFILE_INFOS[0], id: 'c1', source_kind: 'comparison' },
          ...PROFILE_INFOS
        ]
      }
    });
    expect(
      await screen.findByRole('region', { name: 'Profile of main.raw.flights' })
    ).toBeInTheDocument();
  });

  it('says at the field why a table cannot be compared', async () => {
    table({
      'POST api/1.0/explore/profiles/compare': () => {
        throw new ApiError(
          404,
          'TABLE_NOT_FOUND',
          'There is no table main.raw.fligths.'
        );
      }
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Compare with…' })
    );
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Beside it' }),
      'another table'
    );
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Table' }),
      'main.raw.fligths'
    );
    await userEvent.click(screen.getByRole('button', { name: 'Compare' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'There is no table main.raw.fligths.'
    );
  });
});
