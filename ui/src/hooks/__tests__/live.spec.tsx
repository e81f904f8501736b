import { act, screen, waitFor } from '@testing-library/react';
import * as React from 'react';
import type { IQuery } from '../../api/queries';
import { ApiError } from '../../api/errors';
import { Button } from '../../components/Button';
import { QueryView } from '../../components/QueryView';
import { FakeEvents, fakeHost, renderWithHost } from '../../testing';
import { HostProvider } from '../HostProvider';
import { useAction, useApi } from '../useApi';

const QUERY: IQuery<{ experiments: { name: string }[] }> = {
  key: ['x'],
  subjects: ['run:*'],
  fetch: async api => ({ experiments: await api.experiments.list() })
};

function Names(): JSX.Element {
  return (
    <QueryView query={useApi(QUERY)}>
      {data => <p>{data.experiments.map(one => one.name).join()}</p>}
    </QueryView>
  );
}

function routes(): { routes: Record<string, unknown>; names: string[] } {
  const names = ['first'];
  return {
    names,
    routes: {
      'GET api/1.0/experiments': () => ({
        experiments: names.map(name => ({ name }))
      })
    }
  };
}

const ROUTE = 'GET api/1.0/experiments';

describe('live answers', () => {
  it('are fetched again when the journal tells of a change, and only then', async () => {
    const { names, routes: given } = routes();
    const { host } = renderWithHost(<Names />, { routes: given });
    await screen.findByText('first');
    names.push('second');
    act(() => host.events.change('table:a.b.c'));
    act(() => host.events.change('run:17'));
    await screen.findByText('first,second');
    expect(host.server.count(ROUTE)).toBe(2);
  });

  it('cost one request for many changes in quick succession', async () => {
    const { host } = renderWithHost(<Names />, { routes: routes().routes });
    await screen.findByText('first');
    act(() => {
      for (let i = 0; i < 20; i++) {
        host.events.change(`run:${i}`);
      }
    });
    await waitFor(() => expect(host.server.count(ROUTE)).toBe(2));
    await new Promise(resolve => setTimeout(resolve, 350));
    expect(host.server.count(ROUTE)).toBe(2);
  });

  it('that take longer than changes take to follow each other are shown, and asked for again', async () => {
    const answers: ((...names: string[]) => void)[] = [];
    const { host } = renderWithHost(<Names />, {
      routes: {
        [ROUTE]: () =>
          new Promise(resolve =>
            answers.push((...names) =>
              resolve({ experiments: names.map(name => ({ name })) })
            )
          )
      }
    });
    const change = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        act(() => host.events.change('run:1'));
        await act(() => new Promise(resolve => setTimeout(resolve, 300)));
      }
    };
    await change();
    expect(answers).toHaveLength(1);
    answers[0]('first');
    await screen.findByText('first');
    await waitFor(() => expect(answers).toHaveLength(2));
    await change();
    expect(answers).toHaveLength(2);
    answers[1]('first', 'second');
    await screen.findByText('first,second');
    await waitFor(() => expect(answers).toHaveLength(3));
  });

  it('wait while hidden and come when shown', async () => {
    const { names, routes: given } = routes();
    const host = fakeHost(given);
    const view = (visible: boolean): JSX.Element => (
      <HostProvider host={host} visible={visible}>
        <Names />
      </HostProvider>
    );
    const { rerender } = renderWithHost(<></>);
    rerender(view(true));
    await screen.findByText('first');
    rerender(view(false));
    names.push('second');
    act(() => (host.events as FakeEvents).change('run:1'));
    await new Promise(resolve => setTimeout(resolve, 350));
    expect(host.server.count(ROUTE)).toBe(1);
    rerender(view(true));
    await screen.findByText('first,second');
  });

  it('stay on the screen when a later request fails, with the reason and the hint', async () => {
    let broken = false;
    const { host } = renderWithHost(<Names />, {
      routes: {
        [ROUTE]: () =>
          broken
            ? new ApiError(400, 'BAD', 'The store is locked.', 'Close it.')
            : { experiments: [{ name: 'first' }] }
      }
    });
    await screen.findByText('first');
    broken = true;
    act(() => host.events.change('run:1'));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The store is locked.Close it.'
    );
    expect(screen.getByText('first')).toBeInTheDocument();
  });
});

describe('an action', () => {
  function Start(): JSX.Element {
    const action = useAction((api, name: string) => api.endpoints.start(name));
    return <Button label="Start" onClick={() => action.mutate('flights')} />;
  }

  it('that is refused becomes a notice with its hint', async () => {
    const { host } = renderWithHost(<Start />, {
      routes: {
        'POST api/1.0/endpoints/flights/start': new ApiError(
          400,
          'INVALID_STATE',
          'Port in use.',
          'Stop the other one.'
        )
      }
    });
    screen.getByRole('button', { name: 'Start' }).click();
    await waitFor(() => expect(host.notices).toHaveLength(1));
    expect(host.notices[0]).toMatchObject({
      kind: 'error',
      message: 'Port in use.',
      hint: 'Stop the other one.'
    });
  });
});
