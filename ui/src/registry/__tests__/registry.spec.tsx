import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import { PageHarness, renderWithHost } from '../../testing';
import type { FakeRoutes } from '../../testing';
import { EndpointPage } from '../EndpointPage';
import { EndpointsSection } from '../EndpointsSection';
import { ModelPage } from '../ModelPage';
import { ModelsSection } from '../ModelsSection';
import { RequestsSection } from '../RequestsSection';
import { parseRow } from '../testRow';

const NOW = Date.now();
const HOSTILE = 'main.ml.<img src=x onerror=alert(1)>';

const LINE = {
  name: 'main.ml.flights',
  latest_version: 2,
  aliases: { champion: 1 },
  open_requests: 1,
  updated_at: NOW - 60_000
};

const MODEL = {
  name: 'main.ml.flights',
  description: 'Late or not',
  tags: {},
  aliases: { champion: 1 },
  created_at: NOW - 600_000,
  updated_at: NOW - 60_000,
  versions: [1, 2].map(version => ({
    version,
    stage: 'None',
    aliases: version === 1 ? ['champion'] : [],
    status: 'READY',
    run_id: `0123456789abcde${version}`,
    user: 'ada',
    created_at: NOW - 600_000,
    metrics: [
      { metric: 'log_loss', value: 0.5, dataset: 'july' },
      { metric: 'roc_auc', value: 0.7 + version / 100, dataset: 'july' }
    ]
  })),
  requests: [
    {
      id: 'q1',
      version: 2,
      target: '@champion',
      creator: 'ada',
      comment: 'better in autumn',
      state: 'open',
      created_at: NOW - 60_000
    }
  ]
};

const GATES = {
  passed: false,
  scope_name: 'late_flights',
  scope_version: 1,
  results: [
    {
      gate: 'signature',
      status: 'pass',
      message: 'The model has a signature.'
    },
    {
      gate: 'metric:roc_auc',
      status: 'fail',
      observed: 0.66,
      required: 0.7,
      message: 'roc_auc is 0.66, required ≥ 0.7.',
      hint: 'Train a better one.'
    }
  ]
};

const ENDPOINT = {
  name: 'flights',
  state: 'READY',
  url: 'http://127.0.0.1:8801/invocations',
  model_name: 'main.ml.flights',
  model_version: 1,
  requests: 1234,
  errors: 2,
  updated_at: NOW,
  inputs: [
    { name: 'carrier', type: 'string', required: true },
    { name: 'distance', type: 'double', required: true },
    { name: 'note', type: 'string', required: false }
  ],
  example: {
    dataframe_split: { columns: ['carrier', 'distance'], data: [['UA', 1400]] }
  },
  curl: 'curl -s http://127.0.0.1:8801/invocations',
  python: 'ws.endpoints.query("flights")',
  latency: { p50: 1.2, p95: 3.4 },
  inference_table: 'main.ml.flights_payload',
  created_at: NOW - 600_000,
  process: { pid: 17, since: NOW - 60_000 },
  events: [
    { time: NOW, action: 'endpoint.ready', message: 'version 1 answers' }
  ]
};

const QUIET = { step_s: 60, entities: [] };

function routes(changes: FakeRoutes = {}): FakeRoutes {
  return {
    'GET api/1.0/models': { models: [LINE] },
    'GET api/1.0/models/main.ml.flights': MODEL,
    'GET api/1.0/models/main.ml.flights/versions/2/gates': GATES,
    'GET api/1.0/models/main.ml.flights/activities': {
      activities: [
        {
          id: 1,
          time: NOW,
          actor: 'ada',
          activity_type: 'REQUESTED_TRANSITION',
          text: 'asked for version 2 to become @champion',
          comment: 'better in autumn'
        }
      ]
    },
    'GET api/1.0/endpoints': { endpoints: [ENDPOINT] },
    'GET api/1.0/endpoints/flights': ENDPOINT,
    'GET api/1.0/endpoints/flights/traffic': QUIET,
    'GET api/1.0/endpoints/flights/logs': { lines: ['started', 'ready'] },
    ...changes
  };
}

describe('models section', () => {
  it('shows versions, aliases and open requests, and opens a model', async () => {
    const { host } = renderWithHost(<ModelsSection />, { routes: routes() });
    const list = await screen.findByRole('list', { name: 'Models' });
    const row = within(list).getByRole('button');
    expect(row).toHaveTextContent('version 2 · @champion → 1');
    expect(row).toHaveTextContent('1 request');
    await userEvent.click(row);
    expect(host.opened).toEqual(['mlnb:model/main.ml.flights']);
  });

  it('teaches how a model is registered', async () => {
    renderWithHost(<ModelsSection />, {
      routes: { 'GET api/1.0/models': { models: [] } }
    });
    expect(
      await screen.findByText(/A model is registered from a run/)
    ).toBeInTheDocument();
  });

  it('shows a hostile name as text', async () => {
    renderWithHost(<ModelsSection />, {
      routes: { 'GET api/1.0/models': { models: [{ ...LINE, name: HOSTILE }] } }
    });
    expect(await screen.findByText(HOSTILE)).toBeInTheDocument();
    expect(document.querySelector('img')).toBeNull();
  });

  it('says what is wrong when the answer is a fault', async () => {
    renderWithHost(<ModelsSection />, {
      routes: {
        'GET api/1.0/models': new ApiError(
          400,
          'INVALID_STATE',
          'The store does not answer.',
          'Try again.'
        )
      }
    });
    expect(
      await screen.findByText(/The store does not answer/)
    ).toBeInTheDocument();
  });
});

describe('requests section', () => {
  it('leads to the requests of a model', async () => {
    const { host } = renderWithHost(<RequestsSection />, { routes: routes() });
    await userEvent.click(
      await screen.findByRole('button', { name: /main.ml.flights/ })
    );
    expect(host.opened).toEqual(['mlnb:model/main.ml.flights?tab=requests']);
  });

  it('says when there is nothing to decide', async () => {
    renderWithHost(<RequestsSection />, {
      routes: {
        'GET api/1.0/models': { models: [{ ...LINE, open_requests: 0 }] }
      }
    });
    expect(await screen.findByText('Nothing to decide')).toBeInTheDocument();
  });
});

describe('model page', () => {
  const show = (
    changes: FakeRoutes = {},
    query?: Record<string, string>
  ): ReturnType<typeof renderWithHost> =>
    renderWithHost(
      <PageHarness page={ModelPage} name="main.ml.flights" query={query} />,
      { routes: routes(changes) }
    );

  it('lists versions, newest first, with the metrics people look at first', async () => {
    const { host } = show();
    const table = await screen.findByRole('table', { name: 'Versions' });
    const [head, newest] = within(table).getAllByRole('row');
    expect(head).toHaveTextContent(/roc_auc.*log_loss/);
    expect(newest).toHaveTextContent(/^2/);
    await userEvent.click(
      within(newest).getByRole('button', { name: '01234567' })
    );
    expect(host.opened).toEqual(['mlnb:run/0123456789abcde2']);
  });

  it('asks for an alias and shows the gates first', async () => {
    const { host } = show({
      'POST api/1.0/models/main.ml.flights/versions/2/requests': {}
    });
    const [button] = await screen.findAllByRole('button', {
      name: 'Request alias…'
    });
    await userEvent.click(button);
    expect(
      await screen.findByText('1 gate keeps it back.')
    ).toBeInTheDocument();
    await userEvent.type(screen.getByLabelText('Comment'), 'please');
    await userEvent.click(screen.getByRole('button', { name: 'Request' }));
    const sent = host.server.requests.filter(one => one.method === 'POST');
    expect(sent.map(one => one.body)).toEqual([
      { to: '@champion', comment: 'please' }
    ]);
  });

  it('approves a request with a comment, once', async () => {
    const { host } = show(
      { 'POST api/1.0/models/main.ml.flights/versions/2/approve': {} },
      { tab: 'requests' }
    );
    expect(await screen.findByText('better in autumn')).toBeInTheDocument();
    await userEvent.type(screen.getByLabelText('Comment'), 'fine');
    await userEvent.click(screen.getByRole('button', { name: 'Approve' }));
    const sent = host.server.requests.filter(one => one.method === 'POST');
    expect(sent).toHaveLength(1);
    expect(sent[0].body).toEqual({ to: '@champion', comment: 'fine' });
  });

  it('tells why an approval was refused', async () => {
    const { host } = show(
      {
        'POST api/1.0/models/main.ml.flights/versions/2/approve': new ApiError(
          403,
          'PERMISSION_DENIED',
          'ada may not decide.',
          'Ask grace.'
        )
      },
      { tab: 'requests' }
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Approve' })
    );
    expect(host.notices[0]).toMatchObject({
      message: 'ada may not decide.',
      hint: 'Ask grace.'
    });
  });

  it('shows what happened, in words', async () => {
    show({}, { tab: 'activity' });
    const feed = await screen.findByRole('list', { name: 'Activity' });
    expect(feed).toHaveTextContent(
      /ada asked for version 2 to become @champion/
    );
  });

  it('follows a change made elsewhere', async () => {
    let model: unknown = MODEL;
    const { host } = show({
      'GET api/1.0/models/main.ml.flights': () => model
    });
    await screen.findByRole('table', { name: 'Versions' });
    model = { ...MODEL, aliases: { champion: 2 } };
    act(() =>
      host.events.change(
        'model_version:main.ml.flights/2',
        'registered_model.alias_set'
      )
    );
    expect(await screen.findByText('@champion → 2')).toBeInTheDocument();
  });

  it('says that a model is gone', async () => {
    show({
      'GET api/1.0/models/main.ml.flights': new ApiError(
        404,
        'RESOURCE_DOES_NOT_EXIST',
        'no such model',
        'Did you mean main.ml.flight?'
      )
    });
    expect(
      await screen.findByText('Did you mean main.ml.flight?')
    ).toBeInTheDocument();
  });
});

describe('endpoints section', () => {
  it('tells the state in words and opens an endpoint', async () => {
    const { host } = renderWithHost(<EndpointsSection />, {
      routes: routes()
    });
    const row = await screen.findByRole('button', { name: /flights/ });
    expect(row).toHaveTextContent('Ready');
    await userEvent.click(row);
    expect(host.opened).toEqual(['mlnb:endpoint/flights']);
  });
});

describe('endpoint page', () => {
  const show = (
    changes: FakeRoutes = {},
    query?: Record<string, string>
  ): ReturnType<typeof renderWithHost> =>
    renderWithHost(
      <PageHarness page={EndpointPage} name="flights" query={query} />,
      { routes: routes(changes) }
    );

  it('shows how it fares and leads to model and inference table', async () => {
    const { host } = show();
    expect(await screen.findByText('1,234')).toBeInTheDocument();
    expect(screen.getByText('1.2 ms')).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Inference table' })
    );
    expect(host.opened).toEqual(['mlnb:table/main.ml.flights_payload']);
    expect(
      await screen.findByText('No requests in this time')
    ).toBeInTheDocument();
  });

  it('sends the row of the form with numbers as numbers', async () => {
    const { host } = show(
      { 'POST serving-endpoints/flights/invocations': { predictions: [1] } },
      { tab: 'test' }
    );
    const distance = await screen.findByLabelText(/distance/);
    expect(distance).toHaveValue('1400');
    await userEvent.clear(distance);
    await userEvent.type(distance, '12.5');
    await userEvent.click(screen.getByRole('button', { name: 'Send' }));
    expect(await screen.findByText(/Answered in/)).toBeInTheDocument();
    const sent = host.server.requests.find(one => one.method === 'POST');
    expect(sent?.body).toEqual({
      dataframe_records: [{ carrier: 'UA', distance: 12.5 }]
    });
  });

  it('names every wrong field of a refused request', async () => {
    show(
      {
        'POST serving-endpoints/flights/invocations': new ApiError(
          400,
          'BAD_REQUEST',
          '1 field is wrong',
          null,
          [{ field: 'rows[0].distance', description: 'expected double' }]
        )
      },
      { tab: 'test' }
    );
    await userEvent.click(await screen.findByRole('button', { name: 'Send' }));
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('rows[0].distance');
    expect(alert).toHaveTextContent('expected double');
  });

  it('offers to start what is stopped', async () => {
    const { host } = show({
      'GET api/1.0/endpoints/flights': { ...ENDPOINT, state: 'STOPPED' },
      'POST api/1.0/endpoints/flights/start': ENDPOINT
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Start' }));
    expect(host.server.count('POST api/1.0/endpoints/flights/start')).toBe(1);
  });

  it('shows its log', async () => {
    show({}, { tab: 'logs' });
    expect(
      await screen.findByRole('log', { name: 'Log of flights' })
    ).toHaveTextContent('started ready');
  });
});

describe('a row of the form', () => {
  const inputs = [
    { name: 'n', type: 'long', required: true },
    { name: 'flag', type: 'boolean', required: true },
    { name: 'text', type: 'string', required: false }
  ];

  it('leaves out what is empty and keeps what is wrong for the endpoint to name', () => {
    expect(parseRow({ n: 'far', flag: 'true', text: '' }, inputs)).toEqual({
      n: 'far',
      flag: true
    });
    expect(parseRow({ n: '3', flag: 'no', text: '7' }, inputs)).toEqual({
      n: 3,
      flag: 'no',
      text: '7'
    });
  });
});
