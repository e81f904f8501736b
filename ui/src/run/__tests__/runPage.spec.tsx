import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import type { IRun } from '../../api/types';
import type { ILogPart } from '../../api/types.replay';
import { RunPage } from '../../experiments/RunPage';
import type { IMenuItem } from '../../host';
import { demoRoutes, PageHarness, renderWithHost, RUN } from '../../testing';
import type { FakeRoutes } from '../../testing';
import type { IFakeRequest } from '../../testing/fakeServer';
import {
  DEMO_BACKGROUND,
  DEMO_NOTEBOOK,
  DEMO_REPLAY,
  DEMO_SOURCE,
  runsRoutes
} from '../../testing/fixtures.runs';
import { confined } from '../ArtifactView';
import { folderOf, kindOf } from '../artifactTree';
import { parseDelimited } from '../delimited';
import { plainLog } from '../LogText';

const ACT = 'POST api/1.0/runs/actions';

function show(
  change: Partial<IRun> = {},
  query?: Record<string, string>,
  routes: FakeRoutes = {}
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness page={RunPage} name={RUN.run_id} query={query} />,
    {
      routes: {
        ...demoRoutes(),
        ...runsRoutes(),
        'GET api/1.0/runs/*/evaluations': { evaluations: [] },
        'GET api/1.0/runs/*': { ...RUN, ...change },
        ...routes
      },
      host: { saveNotebook: async (_, path) => path }
    }
  );
}

function choose(menu: readonly IMenuItem[], label: string): void {
  const item = menu.find(one => 'label' in one && one.label === label);
  if (item && 'run' in item) {
    item.run();
  }
}

describe('run page', () => {
  it('shows metrics, parameters, data versions and figures', async () => {
    const { host } = show();
    const metrics = await screen.findByRole('table', { name: 'Metrics' });
    expect(
      within(metrics).getByRole('row', { name: 'auc 0.7523' })
    ).toBeInTheDocument();
    expect(screen.getByRole('row', { name: 'num_leaves 31' })).toBeVisible();
    expect(
      screen.getByRole('img', { name: 'importance.png' })
    ).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'main.ml.flight_labels' })
    );
    expect(host.opened).toEqual(['mlnb:table/main.ml.flight_labels?version=3']);
  });

  it('changes name, note and tags where they stand', async () => {
    const { host } = show();
    const said = (): unknown[] =>
      host.server.requests
        .filter(one => one.path === 'api/1.0/runs/actions')
        .map(one => one.body);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Edit: Name' })
    );
    const name = screen.getByRole('textbox', { name: 'Name' });
    await userEvent.clear(name);
    await userEvent.type(name, 'best{Enter}');
    await waitFor(() => expect(said()).toHaveLength(1));
    await userEvent.click(screen.getByRole('button', { name: 'Edit: Note' }));
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Note' }),
      'the one'
    );
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    await userEvent.click(screen.getByRole('button', { name: 'Add a tag' }));
    await userEvent.type(screen.getByLabelText('Name of the tag'), 'stage');
    await userEvent.type(
      screen.getByLabelText('Value of the tag'),
      'candidate{Enter}'
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Remove tag team' })
    );
    await waitFor(() => expect(said()).toHaveLength(4));
    const run_ids = [RUN.run_id];
    expect(said()).toEqual([
      { action: 'rename', name: 'best', run_ids },
      { action: 'annotate', note: 'the one', run_ids },
      { action: 'tag', key: 'stage', value: 'candidate', run_ids },
      { action: 'untag', key: 'team', run_ids }
    ]);
  });

  it('shows why a change was refused, in the field', async () => {
    show({}, undefined, {
      [ACT]: {
        action: 'rename',
        changed: [],
        refused: [{ run_id: 'x', name: 'x', reason: 'The run is gone.' }]
      }
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Edit: Name' })
    );
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Name' }),
      'x{Enter}'
    );
    expect(await screen.findByText('The run is gone.')).toBeInTheDocument();
  });

  it('pins, puts into the trash with Undo, and adds to the tray', async () => {
    const { host } = show();
    await userEvent.click(
      await screen.findByRole('button', { name: 'More actions' })
    );
    const [menu] = host.menus;
    act(() => choose(menu, 'Pin'));
    act(() => choose(menu, 'Move to Trash'));
    await waitFor(() => expect(host.notices).toHaveLength(2));
    const trashed = host.notices.find(one => /trash/.test(one.message));
    act(() => trashed?.actions?.[0].run());
    await waitFor(() =>
      expect(
        host.server.requests
          .filter(one => one.path === 'api/1.0/runs/actions')
          .map(one => (one.body as { action: string }).action)
      ).toEqual(['pin', 'trash', 'restore'])
    );
  });

  it('offers a run in the trash to be brought back, and nothing else', async () => {
    show({ deleted: true });
    expect(await screen.findByText('In the trash')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Restore' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Edit: Name' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Replay' })).toBeNull();
  });

  it('registers its model under a name of three parts', async () => {
    const { host } = show(
      { models: [{ name: 'model', uri: 'models:/m-1' }] },
      undefined,
      { 'POST api/1.0/models/*/versions': { name: 'main.ml.late', version: 4 } }
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Register' })
    );
    const pane = screen.getByRole('dialog', { name: 'Register' });
    const field = within(pane).getByRole('textbox', { name: 'Name' });
    expect(field).toHaveValue('main.ml.flights');
    await userEvent.clear(field);
    await userEvent.type(field, 'late{Enter}');
    expect(field).toHaveAttribute('aria-invalid', 'true');
    await userEvent.clear(field);
    await userEvent.type(field, 'main.ml.late{Enter}');
    await waitFor(() =>
      expect(host.notices[0]?.message).toBe('main.ml.late has version 4.')
    );
    expect(
      host.server.requests.filter(one => one.method === 'POST')
    ).toMatchObject([
      {
        path: 'api/1.0/models/main.ml.late/versions',
        body: { model_uri: 'models:/m-1' }
      }
    ]);
  });

  it('shows the last line of an error, the trace behind it', async () => {
    show({ status: 'FAILED', error: 'Traceback\n  x\nValueError: no rows' });
    const alert = await screen.findByRole('alert');
    expect(within(alert).getByText('ValueError: no rows')).toBeVisible();
    expect(within(alert).getByText('Trace')).toBeVisible();
  });

  it('manages with a run that logged nothing', async () => {
    show({
      params: {},
      metrics: {},
      data: [],
      figures: [],
      evaluations: [],
      artifacts: [],
      models: [],
      source: {},
      git: {},
      tags: {},
      end_time: undefined
    });
    expect(await screen.findAllByText('None were logged.')).toHaveLength(2);
    expect(screen.queryByRole('tab', { name: /Evaluation/ })).toBeNull();
    expect(screen.queryByRole('tab', { name: 'Charts' })).toBeNull();
    await userEvent.click(screen.getByRole('tab', { name: /Artifacts/ }));
    expect(screen.getByText('No files')).toBeInTheDocument();
  });

  it('says so when the run is gone', async () => {
    renderWithHost(<PageHarness page={RunPage} name="x" />, {
      routes: {
        'GET api/1.0/runs/x': new ApiError(404, 'RUN_NOT_FOUND', 'Gone.')
      }
    });
    expect(await screen.findByText(/There is no run/)).toBeInTheDocument();
  });
});

describe('charts of a run', () => {
  const CURVES = {
    x: 'step',
    curves: [
      {
        run_id: 'r',
        metric: 'loss',
        x: [0, 1, 2],
        y: [1, 0.5, 0.25],
        total: 3000,
        nan: 1,
        thinned: true
      },
      {
        run_id: 'r',
        metric: 'auc',
        x: [0],
        y: [0.7],
        total: 1,
        nan: 0,
        thinned: false
      }
    ]
  };

  it('draw what was logged more than once, smoothed when asked to', async () => {
    const { host } = show(
      { metrics: { loss: 0.25, auc: 0.7 } },
      { tab: 'charts' },
      {
        'POST api/1.0/runs/series': CURVES
      }
    );
    const card = await screen.findByRole('region', { name: 'loss' });
    expect(card).toHaveTextContent('3,000 values, drawn by their extremes');
    expect(card).toHaveTextContent('1 value is no number');
    expect(screen.getByText(/Logged once:/)).toHaveTextContent('auc 0.7');
    await waitFor(() => expect(host.drawn.drawn).toHaveLength(1));
    expect(host.drawn.drawn[0].x.label).toBe('Step');
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Over' }),
      'time'
    );
    await waitFor(() =>
      expect(host.server.requests.pop()?.body).toMatchObject({ x: 'time' })
    );
    await userEvent.click(screen.getByRole('button', { name: 'Log scale' }));
    await waitFor(() => expect(host.drawn.drawn.pop()?.y.type).toBe('log'));
  });
});

describe('the code of a run', () => {
  it('says whether the notebook makes it again, and names what stands against it', async () => {
    show(
      {},
      { tab: 'code' },
      {
        'GET api/1.0/runs/*/source': {
          ...DEMO_SOURCE,
          reproducible: 'out_of_order',
          reasons: ['Cell 4 ran before cell 2.']
        }
      }
    );
    const why = await screen.findByRole('list', { name: 'Why' });
    expect(why).toHaveTextContent('Cell 4 ran before cell 2.');
    expect(screen.getAllByText('Out of order')[0]).toBeVisible();
    expect(screen.getByRole('list', { name: 'Executed cells' })).toBeVisible();
  });

  it('is inserted, and saved as a copy of the notebook', async () => {
    const saved: unknown[] = [];
    const { host } = show({}, { tab: 'code' });
    host.saveNotebook = async (content, path) => {
      saved.push(content);
      return path;
    };
    await userEvent.click(
      await screen.findByRole('button', { name: /Insert \d cell/ })
    );
    const needed = DEMO_SOURCE.cells.filter(
      cell => cell.in_closure || cell.is_run
    );
    expect(host.inserted).toEqual(needed.map(cell => cell.source));
    await userEvent.click(screen.getByRole('button', { name: 'Save a copy' }));
    await waitFor(() => expect(saved).toEqual([DEMO_NOTEBOOK]));
    expect(host.notices[0].message).toMatch(
      /Saved as flights_lifecycle .*\.ipynb/
    );
  });

  it('is held against the cell as it reads now', async () => {
    const { host } = show({}, { tab: 'code' });
    const context = {
      path: 'a.ipynb',
      activeCell: null,
      cells: [{ id: '7c1f', isCode: true, source: '%%mlrun --x\nmodel = 1\n' }]
    };
    Object.assign(host, {
      notebook: { current: context, subscribe: () => () => undefined }
    });
    const now = await screen.findByRole('region', { name: 'The cell now' });
    expect(now).toHaveTextContent('model = 1');
    expect(now).not.toHaveTextContent('%%mlrun');
  });

  it('is not said to have changed for the line of its magic or an empty last line', async () => {
    const ran = DEMO_SOURCE.cells.find(cell => cell.is_run)?.source ?? '';
    const body = ran.replace(/^%%mlrun.*\n/, '');
    const { host } = show({}, { tab: 'code' });
    const cell = {
      id: '7c1f',
      isCode: true,
      source: `%%mlrun --name other\n${body}\n\n`
    };
    Object.assign(host, {
      notebook: {
        current: { path: 'a.ipynb', activeCell: null, cells: [cell] },
        subscribe: () => () => undefined
      }
    });
    expect(
      await screen.findByRole('list', { name: 'Executed cells' })
    ).toBeVisible();
    expect(screen.queryByRole('region', { name: 'The cell now' })).toBeNull();
  });

  it('shows the notebook as it was, to be read', async () => {
    show({}, { tab: 'code' });
    await userEvent.click(
      await screen.findByRole('button', { name: 'The notebook then' })
    );
    expect(await screen.findByRole('list', { name: 'Cells' })).toBeVisible();
    expect(screen.getByText(/Read-only, without outputs/)).toBeVisible();
  });

  it('falls back to the one cell of runs made elsewhere', async () => {
    show(
      {},
      { tab: 'code' },
      {
        'GET api/1.0/runs/*/source': new ApiError(
          404,
          'NOT_FOUND',
          'No source.'
        )
      }
    );
    expect(
      await screen.findByRole('region', { name: 'The cell that made this run' })
    ).toHaveTextContent('%%mlrun --experiment flights');
  });
});

describe('replays of a run', () => {
  it('are started with options and shown with their verdict', async () => {
    const { host } = show();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Replay' })
    );
    const pane = screen.getByRole('dialog', { name: 'Replay' });
    await userEvent.selectOptions(
      within(pane).getByRole('combobox', { name: 'Data' }),
      'latest'
    );
    const tolerance = within(pane).getByRole('textbox', {
      name: 'Relative tolerance'
    });
    await userEvent.type(tolerance, 'x{Enter}');
    expect(tolerance).toHaveAttribute('aria-invalid', 'true');
    await userEvent.type(tolerance, '{Backspace}');
    await userEvent.click(
      within(pane).getByRole('button', { name: 'Replay now' })
    );
    expect(
      await screen.findByRole('tab', { name: 'Replays', selected: true })
    ).toBeVisible();
    expect(
      host.server.requests
        .filter(one => one.path.endsWith('/replay'))
        .map(one => one.body)
    ).toEqual([{ mode: 'cells', data: 'latest', env: 'same', rtol: 1e-9 }]);
    const report = await screen.findByRole('region', { name: /^Replay:/ });
    const table = within(report).getByRole('table', {
      name: 'Metrics compared'
    });
    expect(within(table).getAllByRole('row').length).toBe(
      DEMO_REPLAY.metrics.length + 1
    );
  });

  it('that came out differently name their causes, the likeliest first', async () => {
    show(
      {},
      { tab: 'replays' },
      {
        'GET api/1.0/runs/*/replays': {
          replays: [
            {
              ...DEMO_REPLAY,
              state: 'ENDED',
              verdict: 'DIFFERENT',
              causes: [
                {
                  kind: 'data',
                  message: 'The table is at version 4.',
                  details: ['main.ml.x: 3 → 4']
                },
                { kind: 'seeds', message: 'No seed was set.', details: [] }
              ],
              warnings: ['The newest data was read.']
            }
          ]
        }
      }
    );
    const causes = await screen.findByRole('list', { name: /Causes/ });
    expect(within(causes).getAllByRole('listitem')[0]).toHaveTextContent(
      'Data The table is at version 4.main.ml.x: 3 → 4'
    );
    expect(screen.getByRole('note')).toHaveTextContent(
      'The newest data was read.'
    );
  });

  it('show all digits, and tell the same from nearly the same', async () => {
    show(
      {},
      { tab: 'replays' },
      {
        'GET api/1.0/runs/*/replays': {
          replays: [
            {
              ...DEMO_REPLAY,
              verdict: 'WITHIN_TOLERANCE',
              metrics: [
                {
                  key: 'auc',
                  change: 'same',
                  a: 0.7523000000000012,
                  b: 0.7523000000000013,
                  difference: 1e-16
                },
                { key: 'rows', change: 'same', a: 12, b: 12, difference: 0 },
                { key: 'lost', change: 'removed', a: 1 }
              ]
            }
          ]
        }
      }
    );
    const table = await screen.findByRole('table', {
      name: 'Metrics compared'
    });
    const [, ...rows] = within(table).getAllByRole('row');
    expect(rows[0]).toHaveTextContent(
      /^auc0\.75230000000000120\.7523000000000013.*Within tolerance$/
    );
    expect(rows[1]).toHaveTextContent(/^rows1212±0Identical$/);
    expect(rows[2]).toHaveTextContent(/^lost1–removed$/);
  });

  it('teach what they are when there are none', async () => {
    show(
      {},
      { tab: 'replays' },
      { 'GET api/1.0/runs/*/replays': { replays: [] } }
    );
    expect(await screen.findByText('Not replayed yet')).toBeInTheDocument();
  });
});

describe('the log of a run', () => {
  const LIVE: Partial<IRun> = {
    status: 'RUNNING',
    end_time: undefined,
    session: { mode: 'background' }
  };

  const part = (text: string, offset: number, done: boolean): ILogPart => ({
    text,
    offset,
    next_offset: offset + text.length,
    total: offset + text.length,
    done
  });

  it('goes on where it stopped, and the run can be stopped', async () => {
    const { host } = show(
      LIVE,
      { tab: 'log' },
      {
        'GET api/1.0/runs/*/log': ({ query }: IFakeRequest) =>
          Number(query.offset) < 0
            ? part('first\n', 0, false)
            : part('second\n', 6, true)
      }
    );
    const log = await screen.findByRole('log');
    await waitFor(() => expect(log).toHaveTextContent('first second'));
    expect(screen.getByRole('list', { name: 'Cells' })).toHaveTextContent(
      DEMO_BACKGROUND.cells[0].source.split('\n')[0]
    );
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
    await waitFor(() =>
      expect(host.server.count(`POST api/1.0/runs/${RUN.run_id}/stop`)).toBe(1)
    );
  });

  it('shows lines without the moves of a terminal', () => {
    expect(plainLog('a\u001b[31mb\u001b[0m\r\n10%\r20%\r100%\nend')).toBe(
      'ab\n100%\nend'
    );
  });
});

describe('files of a run', () => {
  it('are shown as what they are, and a page runs apart from Lab', async () => {
    show(
      { artifacts: [{ path: 'report/a.html', size: 20 }] },
      { tab: 'artifacts', file: 'report/a.html' },
      {
        [`GET api/1.0/runs/${RUN.run_id}/artifacts/report/a.html`]: '<b>hi</b>'
      }
    );
    const frame = await screen.findByTitle('Page report/a.html');
    expect(frame).toHaveAttribute('sandbox', 'allow-scripts');
    expect(frame.getAttribute('srcdoc')).toMatch(
      /^<meta http-equiv="Content-Security-Policy" content="default-src 'none'; [^"]*"><b>hi<\/b>$/
    );
    expect(confined(' <!DOCTYPE html><p>')).toMatch(
      /^ <!DOCTYPE html><meta [^>]*><p>$/
    );
  });

  it('with rows become a table', async () => {
    show(
      { artifacts: [{ path: 'rows.csv', size: 20 }] },
      { tab: 'artifacts', file: 'rows.csv' },
      {
        [`GET api/1.0/runs/${RUN.run_id}/artifacts/rows.csv`]: 'a,b\n1,"x, y"\n'
      }
    );
    const table = await screen.findByRole('table', { name: 'rows.csv' });
    expect(within(table).getByRole('row', { name: '1 x, y' })).toBeVisible();
  });

  it('that are large or not to be read are only downloaded', async () => {
    show(
      { artifacts: [{ path: 'm.pkl', size: 20 }] },
      { tab: 'artifacts', file: 'm.pkl' }
    );
    expect(await screen.findByText('Not a file to be read')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Download' })).toBeVisible();
  });

  it('lie in folders, our own folded', async () => {
    show(
      {
        artifacts: [
          { path: 'mlnb/cell.py', size: 10 },
          { path: 'model/MLmodel', size: 5 }
        ]
      },
      { tab: 'artifacts' }
    );
    const list = await screen.findByRole('navigation', { name: 'Files' });
    expect(within(list).getByRole('button', { name: /^mlnb/ })).toHaveAttribute(
      'aria-expanded',
      'false'
    );
    await userEvent.click(
      within(list).getByRole('button', { name: /MLmodel/ })
    );
    expect(
      await screen.findByRole('region', { name: 'model/MLmodel' })
    ).toBeVisible();
  });

  it('are counted by folder, and known by their names', () => {
    const root = folderOf([
      { path: 'b/x.txt', size: 2 },
      { path: 'b/c/y.txt', size: 3 },
      { path: 'a.txt' }
    ]);
    expect([root.count, root.bytes, root.folders[0].bytes]).toEqual([3, 5, 5]);
    expect(
      ['a.PNG', 'x.tsv', 'model/MLmodel', 'a.pkl', 'unknown'].map(kindOf)
    ).toEqual(['image', 'table', 'text', 'binary', 'text']);
  });

  it('of delimited text keep quotes, separators and line breaks', () => {
    expect(parseDelimited('a,"b ""c""\nd",\r\n1,2', ',', 10)).toEqual([
      ['a', 'b "c"\nd', ''],
      ['1', '2']
    ]);
    expect(parseDelimited('a\nb\nc', ',', 2)).toEqual([['a'], ['b']]);
    expect(parseDelimited('', ',', 2)).toEqual([]);
  });
});
