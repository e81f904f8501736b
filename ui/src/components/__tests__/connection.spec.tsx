import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import type { Connection } from '../../host';
import { renderWithHost, STATUS } from '../../testing';

function show(state: Connection): ReturnType<typeof renderWithHost> {
  const rendered = renderWithHost(<p>content</p>);
  act(() => rendered.host.connection.set(state));
  return rendered;
}

describe('what stands in the way', () => {
  it('names the command when the server part is missing', async () => {
    const { host } = show({ kind: 'missing' });
    expect(screen.queryByText('content')).toBeNull();
    expect(screen.getByText(/pip install mlnb/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(host.connection.retries).toBe(1);
  });

  it('shows message, hint and path when the workspace cannot be opened', () => {
    show({
      kind: 'failed',
      code: 'STORAGE_ERROR',
      message: 'The folder is read-only.',
      hint: 'Set MLNB_WORKSPACE.',
      path: '/data/.mlnb'
    });
    expect(
      screen.getByText('The folder is read-only. Set MLNB_WORKSPACE.')
    ).toBeInTheDocument();
    expect(screen.getByText('/data/.mlnb')).toBeInTheDocument();
  });

  it('keeps what was there while the network is lost, under a notice', () => {
    show({ kind: 'lost', since: 0 });
    expect(screen.getByText('content')).toBeInTheDocument();
    expect(screen.getByText(/No answer from the server/)).toBeInTheDocument();
  });

  it('says how to upgrade an older server', () => {
    show({ kind: 'incompatible', status: { ...STATUS, api: 0 }, needed: 1 });
    expect(screen.getByText(/pip install -U mlnb/)).toBeInTheDocument();
    expect(screen.getByText('content')).toBeInTheDocument();
  });

  it.each<[Connection, RegExp]>([
    [{ kind: 'migrating', status: STATUS }, /being upgraded/],
    [{ kind: 'denied', message: 'Log in.' }, /refuses this session/]
  ])('explains %j', (state, text) => {
    show(state);
    expect(screen.getByText(text)).toBeInTheDocument();
  });
});
