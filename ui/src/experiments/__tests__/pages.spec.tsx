/** What every page of runs owes its reader, whatever it shows: while it waits, when it fails, in any language, for any name. */
import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import { ComparePage } from '../../compare/ComparePage';
import { TraySection } from '../../compare/TraySection';
import { DiffPage } from '../../diff/DiffPage';
import type { IDocumentProps } from '../../document';
import type { INotebookContext, INotebookSource } from '../../host';
import { ThisNotebookSection } from '../../run/ThisNotebookSection';
import { demoRoutes, PageHarness, renderWithHost, RUN } from '../../testing';
import type { FakeRoutes } from '../../testing';
import {
  DEMO_DIFF,
  DEMO_EVALUATION,
  DEMO_MODEL_COMPARISON,
  DEMO_NOTEBOOK_RUNS,
  DEMO_RUNS,
  runsRoutes
} from '../../testing/fixtures.runs';
import { pseudoTrans, textsOf, untranslated } from '../../testing/pseudo';
import { ExperimentsSection } from '../ExperimentsSection';
import { RecentRunsSection } from '../RecentRunsSection';
import { RunPage } from '../RunPage';
import { RunsPage } from '../RunsPage';

const TRAY = DEMO_RUNS.slice(5, 8).map(run => ({
  run_id: run.id,
  name: String(run.cells['attributes.run_name'])
}));

/** What is to be typed as it stands. */
const EXAMPLES = ['models:/main.ml.flights@champion', '%%mlrun'];

/** A run that has everything. */
const WHOLE = {
  ...RUN,
  status: 'FAILED',
  error: 'Traceback (most recent call last):\nValueError: no rows',
  session: { mode: 'background', host: 'computer-7' },
  system_metrics: { 'system/cpu_utilization_percentage': 41 },
  tags: {
    ...RUN.tags,
    'mlnb.scope': 'late_flights',
    'mlnb.replay.verdict': 'IDENTICAL',
    'mlnb.reproducible': 'out_of_order',
    'mlnb.pinned': 'true'
  }
};

function routes(): FakeRoutes {
  return {
    ...demoRoutes(),
    ...runsRoutes(),
    'GET api/1.0/runs/*/evaluations': { evaluations: [DEMO_EVALUATION] },
    'GET api/1.0/runs/*/comparisons': { comparisons: [DEMO_MODEL_COMPARISON] },
    'GET api/1.0/runs/*/gates': {
      passed: false,
      scope_name: 'late_flights',
      scope_version: 2,
      results: [
        { gate: 'data', status: 'unknown', message: 'No data.', hint: 'Read.' },
        { gate: 'leakage', status: 'pass', message: 'None was found.' }
      ]
    },
    'GET api/1.0/me/state/runs.tray': { value: TRAY },
    'GET api/1.0/runs/*': WHOLE
  };
}

const CONTEXT: INotebookContext = {
  path: DEMO_NOTEBOOK_RUNS.path,
  activeCell: DEMO_NOTEBOOK_RUNS.runs[0].cell_id ?? null,
  cells: [
    {
      id: DEMO_NOTEBOOK_RUNS.runs[0].cell_id ?? 'c',
      source: 'edited',
      isCode: true
    }
  ]
};

const NOTEBOOK: INotebookSource = {
  current: CONTEXT,
  subscribe: () => () => undefined
};

function page(
  component: React.ComponentType<IDocumentProps>,
  name: string,
  rest: { part?: string; query?: Record<string, string> } = {}
): JSX.Element {
  return <PageHarness page={component} name={name} {...rest} />;
}

const tab = (name: string): JSX.Element =>
  page(RunPage, RUN.run_id, { query: { tab: name } });

/** Each page with a text that shows when its data is there. */
const PAGES: [string, () => JSX.Element, RegExp][] = [
  ['runs', () => page(RunsPage, '7'), /lightgbm-60/],
  ['overview', () => tab('overview'), /^⟦?Made by⟧?$/],
  ['charts', () => tab('charts'), /^auc$/],
  ['evaluation', () => tab('evaluation'), /carrier/],
  ['code', () => tab('code'), /What it needs/],
  ['files', () => tab('artifacts'), /Choose a file/],
  ['system', () => tab('system'), /^system\/cpu/],
  ['log', () => tab('log'), /valid auc/],
  ['replays', () => tab('replays'), /Recorded/],
  [
    'diff',
    () => page(DiffPage, DEMO_DIFF.a.run_id, { part: DEMO_DIFF.b.run_id }),
    /Before/
  ],
  [
    'comparison',
    () => page(ComparePage, TRAY.map(run => run.run_id).join(',')),
    /^auc$/
  ],
  ['tray', () => <TraySection />, new RegExp(TRAY[0].name)],
  ['experiments', () => <ExperimentsSection />, /late/],
  ['recent runs', () => <RecentRunsSection />, /ago|now/],
  [
    'this notebook',
    () => <ThisNotebookSection />,
    new RegExp(DEMO_NOTEBOOK_RUNS.runs[0].name)
  ]
];

async function shown(sign: RegExp): Promise<void> {
  await waitFor(() =>
    expect(textsOf(document.body).some(text => sign.test(text))).toBe(true)
  );
  await act(async () => undefined);
}

describe.each(PAGES)('%s', (_, element, sign) => {
  it('can be translated, all of it', async () => {
    const { host } = renderWithHost(element(), {
      routes: routes(),
      host: { trans: pseudoTrans, notebook: NOTEBOOK }
    });
    await shown(sign);
    expect(
      untranslated(document.body, [...host.server.answers, CONTEXT, EXAMPLES])
    ).toEqual([]);
  });

  it('waits with an outline', () => {
    const silent = Object.keys(routes()).map(route => [
      route,
      () => new Promise(() => undefined)
    ]);
    renderWithHost(element(), {
      routes: Object.fromEntries(silent) as FakeRoutes,
      host: { notebook: NOTEBOOK }
    });
    expect(document.querySelector('[aria-busy="true"]')).not.toBeNull();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says what failed, and tries again', async () => {
    let broken = true;
    const working = routes();
    const breaking = Object.fromEntries(
      Object.entries(working).map(([route, answer]) => [
        route,
        (request: unknown) =>
          broken
            ? new ApiError(400, 'NO_ROOM', 'The disk is full.', 'Make room.')
            : typeof answer === 'function'
              ? answer(request)
              : answer
      ])
    );
    renderWithHost(element(), {
      routes: breaking,
      host: { notebook: NOTEBOOK }
    });
    const [alert] = await screen.findAllByRole('alert');
    expect(alert).toHaveTextContent('The disk is full.Make room.');
    broken = false;
    for (const retry of screen.getAllByRole('button', { name: 'Try again' })) {
      await userEvent.click(retry);
    }
    await shown(sign);
    await waitFor(() =>
      expect(screen.queryByText('The disk is full.')).toBeNull()
    );
    expect(within(document.body).queryByText(/undefined/)).toBeNull();
  });

  it('shows hostile names as text', async () => {
    const hostile = Object.fromEntries(
      Object.entries(routes()).map(([route, answer]) => [
        route,
        (request: unknown) =>
          poisoned(typeof answer === 'function' ? answer(request) : answer)
      ])
    );
    const { host } = renderWithHost(element(), {
      routes: hostile,
      host: { notebook: NOTEBOOK }
    });
    await waitFor(() =>
      expect(textsOf(document.body).some(text => text.includes(NAME))).toBe(
        true
      )
    );
    expect(document.querySelector('img[src="x"], b.evil')).toBeNull();
    expect(host.server.requests.length).toBeGreaterThan(0);
  });
});

describe('what opens from a run', () => {
  it.each(['Register', 'Replay'])('%s can be translated', async name => {
    const { host } = renderWithHost(tab('overview'), {
      routes: {
        ...routes(),
        'GET api/1.0/runs/*': {
          ...WHOLE,
          models: [
            { name: 'model', uri: 'models:/m-1' },
            { name: 'other', uri: 'models:/m-2' }
          ]
        }
      },
      host: { trans: pseudoTrans }
    });
    await userEvent.click(
      await screen.findByRole('button', { name: `⟦${name}⟧` })
    );
    expect(screen.getByRole('dialog', { name: `⟦${name}⟧` })).toBeVisible();
    expect(untranslated(document.body, host.server.answers)).toEqual([]);
  });

  it('the menu can be translated', async () => {
    const { host } = renderWithHost(tab('overview'), {
      routes: routes(),
      host: { trans: pseudoTrans }
    });
    await userEvent.click(
      await screen.findByRole('button', { name: '⟦More actions⟧' })
    );
    const labels = host.menus[0].flatMap(item =>
      'label' in item ? [item.label] : []
    );
    expect(labels.length).toBeGreaterThan(4);
    expect(labels.filter(label => !/^⟦.*⟧$/.test(label))).toEqual([]);
  });
});

describe('where nothing is yet', () => {
  const EMPTY_RUN = {
    ...RUN,
    metrics: {},
    params: {},
    data: [],
    figures: [],
    artifacts: [],
    models: [{ name: 'model', uri: 'models:/m-1' }],
    evaluations: []
  };
  const EMPTIES: [string, () => JSX.Element, FakeRoutes, RegExp][] = [
    [
      'runs',
      () => page(RunsPage, '7'),
      {
        'POST api/1.0/runs/query': {
          ids: [],
          columns: [],
          total: 0,
          offset: 0,
          as_of: 1
        },
        'GET api/1.0/experiments/*/columns': { columns: [], truncated: false }
      },
      /%%mlrun/
    ],
    [
      'files',
      () => tab('artifacts'),
      { 'GET api/1.0/runs/*': { ...EMPTY_RUN, models: [] } },
      /Models, figures and files/
    ],
    [
      'evaluation',
      () => tab('evaluation'),
      {
        'GET api/1.0/runs/*/evaluations': { evaluations: [] },
        'GET api/1.0/runs/*': EMPTY_RUN
      },
      /%evaluate|evaluat/i
    ],
    [
      'replays',
      () => tab('replays'),
      {
        'GET api/1.0/runs/*/replays': { replays: [] },
        'GET api/1.0/runs/*': EMPTY_RUN
      },
      /clean process/
    ],
    [
      'tray',
      () => <TraySection />,
      { 'GET api/1.0/me/state/runs.tray': { value: null } },
      /two runs give a diff/
    ],
    [
      'comparison',
      () => page(ComparePage, 'tray'),
      { 'GET api/1.0/me/state/runs.tray': { value: null } },
      /two runs give a diff/
    ],
    [
      'experiments',
      () => <ExperimentsSection />,
      { 'GET api/1.0/experiments': { experiments: [] } },
      /%%mlrun/
    ],
    [
      'this notebook',
      () => <ThisNotebookSection />,
      { 'GET api/1.0/runs/notebook': { ...DEMO_NOTEBOOK_RUNS, runs: [] } },
      /%%mlrun/
    ]
  ];

  it.each(EMPTIES)(
    '%s teaches how it begins',
    async (_, element, change, teaches) => {
      const { host } = renderWithHost(element(), {
        routes: { ...routes(), ...change },
        host: { notebook: NOTEBOOK, trans: pseudoTrans }
      });
      await shown(teaches);
      expect(screen.queryByRole('alert')).toBeNull();
      expect(
        untranslated(document.body, [...host.server.answers, CONTEXT, EXAMPLES])
      ).toEqual([]);
    }
  );
});

const NAME = '"><img src=x onerror=alert(1)><b class=evil> %1 %2 \u202Efdp';
const NAMES = new Set(['name', 'experiment_name', 'user', 'notebook', 'note']);

/** The same answer with such names. */
function poisoned(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(poisoned);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const cells = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(cells).map(([key, one]) => [
      key,
      typeof one === 'string' && NAMES.has(key)
        ? NAME
        : key === 'values' && cells.key === 'attributes.run_name'
          ? (one as unknown[]).map(() => NAME)
          : poisoned(one)
    ])
  );
}
