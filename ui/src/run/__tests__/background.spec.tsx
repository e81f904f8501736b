import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import type { IOutputProps } from '../../output/types';
import { renderWithHost } from '../../testing';
import type { IFakeRequest } from '../../testing/fakeServer';
import { DEMO_BACKGROUND } from '../../testing/fixtures.runs';
import { BackgroundOutput } from '../BackgroundOutput';

const ID = DEMO_BACKGROUND.run_id;

function view(change: object = {}, log = 'saved line\n'): IOutputProps['view'] {
  return {
    component: 'BackgroundRun',
    props: { id: ID },
    snapshot: { info: { ...DEMO_BACKGROUND, ...change }, log }
  };
}

describe('a run in the background below its cell', () => {
  it('shows its cells and what it prints, reads on and stops it', async () => {
    let state: object = DEMO_BACKGROUND;
    const asked: string[] = [];
    const { host } = renderWithHost(
      <BackgroundOutput view={view({ state: 'QUEUED' })} live="live" />,
      {
        routes: {
          [`GET api/1.0/runs/${ID}/background`]: () => state,
          [`GET api/1.0/runs/${ID}/log`]: (request: IFakeRequest) => {
            asked.push(String(request.query.offset));
            return asked.length === 1
              ? {
                  text: 'epoch 1\n',
                  offset: 0,
                  next_offset: 8,
                  total: 8,
                  done: false
                }
              : {
                  text: 'epoch 2\n',
                  offset: 8,
                  next_offset: 16,
                  total: 16,
                  done: false
                };
          },
          [`POST api/1.0/runs/${ID}/stop`]: () => {
            state = { ...DEMO_BACKGROUND, state: 'STOPPING' };
            return state;
          }
        }
      }
    );
    expect(
      await screen.findByText('Running', { selector: 'span' })
    ).toBeTruthy();
    const cells = screen.getByRole('list', { name: 'Cells' });
    expect(within(cells).getByText('import lightgbm as lgb')).toBeTruthy();
    expect(within(cells).getByText('[120] valid auc: 0.7412')).toBeTruthy();
    await waitFor(() =>
      expect(screen.getByRole('log').textContent).toContain('epoch 1')
    );
    await waitFor(() =>
      expect(screen.getByRole('log').textContent).toBe('epoch 1\nepoch 2\n')
    );
    expect(asked.slice(0, 2)).toEqual(['-8000', '8']);
    await userEvent.click(
      screen.getByRole('button', { name: DEMO_BACKGROUND.name })
    );
    expect(host.opened).toContain(`mlnb:run/${ID}`);
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
    expect(await screen.findByText('Stopping')).toBeTruthy();
  });

  it('asks nobody once it has ended, and says how', () => {
    const asked = jest.fn();
    renderWithHost(
      <BackgroundOutput
        view={view({
          state: 'ENDED',
          status: 'KILLED',
          ended_at: DEMO_BACKGROUND.started_at! + 90_000,
          error: { message: 'It was stopped.' }
        })}
        live="live"
      />,
      {
        routes: {
          'GET api/1.0/runs/*/background': asked,
          'GET api/1.0/runs/*/log': asked
        }
      }
    );
    expect(screen.getByText('Stopped')).toBeTruthy();
    expect(screen.getByText('It was stopped.')).toBeTruthy();
    expect(screen.getByRole('log').textContent).toBe('saved line\n');
    expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull();
    // What ran then came to no end.
    const cells = screen.getByRole('list', { name: 'Cells' });
    expect(within(cells).getByRole('img', { name: 'Failed' })).toBeVisible();
    expect(within(cells).queryByRole('img', { name: 'Running' })).toBeNull();
    expect(asked).not.toHaveBeenCalled();
  });

  it('shows what was saved where nobody answers', async () => {
    renderWithHost(<BackgroundOutput view={view()} live="gone" />, {
      routes: {}
    });
    await act(async () => undefined);
    expect(screen.getByRole('log').textContent).toBe('saved line\n');
    expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull();
  });
});
