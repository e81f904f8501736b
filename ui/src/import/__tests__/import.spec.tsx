import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import type { IIngestPlan, IIngestRun } from '../../api/types.ingest';
import { PageHarness, renderWithHost } from '../../testing';
import type { FakeRoutes, IFakeRequest } from '../../testing';
import { DONE, importRoutes, PLAN } from '../../testing/fixtures.import';
import { ImportPage } from '../ImportPage';
import { joinSources, splitSources } from '../upload';

type Sent = { name?: string; mode?: string; options: Record<string, unknown> };

function open(
  routes: FakeRoutes = {},
  name = 'data/shipments.csv',
  query: Record<string, string> = { to: 'main.raw' }
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness page={ImportPage} name={name} query={query} />,
    { routes: { ...importRoutes(), ...routes } }
  );
}

/** The body of the newest preview. */
function sent(rendered: ReturnType<typeof renderWithHost>): Sent {
  const asked = rendered.host.server.requests.filter(one =>
    one.path.endsWith('ingest/preview')
  );
  return asked[asked.length - 1].body as Sent;
}

describe('Import', () => {
  it('shows types with their reasons, ten rows, and what would be rejected and why', async () => {
    open();
    expect(
      await screen.findByRole('combobox', { name: 'Type of zip' })
    ).toHaveValue('string');
    expect(
      screen.getByText(/leading zeros would be lost in a number/)
    ).toBeInTheDocument();
    expect(
      screen
        .getByRole('region', { name: 'First rows' })
        .querySelectorAll('tbody tr')
    ).toHaveLength(10);
    const rejects = screen.getByRole('table', {
      name: 'Lines that would be rejected'
    });
    expect(rejects).toHaveTextContent('1,180');
    expect(rejects).toHaveTextContent('7 values where 5 were expected');
    expect(screen.getByRole('textbox', { name: 'Table' })).toHaveValue(
      'main.raw.shipments'
    );
  });

  it('asks again with a chosen type, and takes the choice back', async () => {
    const rendered = open();
    const type = await screen.findByRole('combobox', { name: 'Type of zip' });
    await userEvent.selectOptions(type, 'bigint');
    await waitFor(() =>
      expect(sent(rendered).options).toEqual({ types: { zip: 'bigint' } })
    );
    await userEvent.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => expect(sent(rendered).options).toEqual({ types: {} }));
  });

  it('adds to a table that is there, and says at which version it is', async () => {
    const rendered = open({
      'POST api/1.0/ingest/preview': ({ body }: IFakeRequest): IIngestPlan => ({
        ...PLAN,
        table: (body as Sent).name
          ? {
              name: 'main.raw.shipments',
              exists: true,
              version: 4,
              missing_columns: []
            }
          : undefined
      })
    });
    await waitFor(() => expect(sent(rendered).mode).toBe('append'));
    expect(
      await screen.findByText('The table is there, at version 4.')
    ).toBeInTheDocument();
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Mode' }),
      'replace'
    );
    expect(
      await screen.findByText(/rows of version 4 are replaced/)
    ).toBeInTheDocument();
  });

  it('does not start what would be refused, and says what to do', async () => {
    open({
      'POST api/1.0/ingest/preview': {
        ...PLAN,
        refused: {
          error_code: 'INGEST_TOO_MANY_REJECTS',
          message: '40 % of the lines do not fit.',
          hint: 'Allow more of them, or choose other types.'
        }
      }
    });
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Allow more of them'
    );
    expect(
      screen.getByRole('button', { name: 'Import 2,497 rows' })
    ).toBeDisabled();
  });

  it('starts, shows the result with its rejects, and one notice tells of the end', async () => {
    const { host } = open();
    const button = await screen.findByRole('button', {
      name: 'Import 2,497 rows'
    });
    await waitFor(() => expect(button).toBeEnabled());
    await userEvent.click(button);
    expect(
      await screen.findByText('2,497 rows are in main.raw.shipments')
    ).toBeInTheDocument();
    const started = host.server.requests.find(
      one => one.path === 'api/1.0/ingest'
    );
    expect(started?.body).toMatchObject({
      source: ['data/shipments.csv'],
      name: 'main.raw.shipments',
      mode: 'create'
    });
    await userEvent.click(
      screen.getByRole('button', { name: 'Look at the 3 rejected lines' })
    );
    expect(host.opened[0]).toContain('main.raw._rejected_shipments');
    const last = host.notices[host.notices.length - 1];
    expect(last.message).toBe('2,497 rows are in main.raw.shipments.');
    expect(last.actions?.map(action => action.label)).toEqual([
      'Open',
      'Rejected rows'
    ]);
  });

  it('shows progress, cancels, and says that nothing was written', async () => {
    let run: IIngestRun = {
      ...DONE,
      state: 'RUNNING',
      report: undefined,
      ended_at: undefined,
      progress: { done: 50, total: 200, message: 'data/shipments.csv' }
    };
    const { host } = open(
      {
        'GET api/1.0/ingest/*': () => run,
        'POST api/1.0/ingest/*/cancel': () => {
          run = { ...run, state: 'CANCELED' };
          return run;
        }
      },
      'data/shipments.csv',
      { run: 'r1' }
    );
    const bar = await screen.findByRole('progressbar');
    expect(bar).toHaveAttribute('aria-valuenow', '50');
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    act(() => host.events.change('ingest:r1', 'ingest.canceled'));
    expect(
      await screen.findByText('Nothing was written to main.raw.shipments.')
    ).toBeInTheDocument();
  });

  it('explains a file that cannot be read', async () => {
    open({
      'POST api/1.0/ingest/preview': new ApiError(
        404,
        'PATH_NOT_FOUND',
        'There is no file data/shipments.csv.',
        'Paths begin at the notebook folder.'
      )
    });
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Paths begin at the notebook folder.'
    );
  });

  it('uploads a file of the desktop piece by piece and looks at it', async () => {
    const pieces: string[] = [];
    const { host } = open(
      {
        'POST api/1.0/ingest/upload': ({ query }: IFakeRequest) => {
          pieces.push(query.offset ?? query.name);
          return { path: 'uploads/big.csv' };
        }
      },
      'new',
      {}
    );
    const file = new File(['x'], 'big.csv');
    Object.defineProperty(file, 'size', { value: 20 * 1024 * 1024 });
    file.slice = () => new Blob(['x']);
    await userEvent.upload(
      await screen.findByLabelText('Files to import'),
      file
    );
    await screen.findByRole('combobox', { name: 'Type of zip' });
    expect(pieces).toEqual(['big.csv', '8388608', '16777216']);
    expect(host.notices[0].kind).toBe('progress');
  });

  it('keeps several paths apart in one text', () => {
    const paths = ['a,b.csv', 'c d.csv'];
    expect(splitSources(joinSources(paths))).toEqual(paths);
  });
});
