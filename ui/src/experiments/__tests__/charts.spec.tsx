import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import {
  demoRoutes,
  PageHarness,
  plainTrans,
  renderWithHost
} from '../../testing';
import type { FakeRoutes, IFakeRequest } from '../../testing';
import { DEMO_RUNS, runsRoutes } from '../../testing/fixtures.runs';
import { defaultCards, moveCard, newCard, resizeCard } from '../charts/cards';
import type { ICard } from '../charts/cards';
import { chartData, isNumeric, numberOf, wantsLog } from '../charts/data';
import type { IChartData } from '../charts/data';
import {
  axesOf,
  brushed,
  linesOf,
  moveAxis,
  nearest,
  parallelSvg
} from '../charts/parallel';
import { niceTicks, rampColor, scaleOf } from '../charts/scale';
import { bandOf, smooth, valueAt } from '../charts/smooth';
import { barSpec, contourSpec, lineSpec, scatterSpec } from '../charts/specs';
import { surfaceOf } from '../charts/surface';
import { RunsPage } from '../RunsPage';

const CARDS = 'PUT api/1.0/me/state/runs.charts.1';

function show(
  changes: FakeRoutes = {},
  query: Record<string, string> = {}
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness page={RunsPage} name="1" query={query} />,
    {
      routes: {
        ...demoRoutes(),
        ...runsRoutes(),
        'GET api/1.0/me/state/*': {},
        ...changes
      }
    }
  );
}

type Host = ReturnType<typeof show>['host'];

function lastCards(host: Host): ICard[] {
  const put = host.server.requests.filter(
    one => `${one.method} ${one.path}` === CARDS
  );
  return (put.pop()?.body as { value: ICard[] }).value;
}

describe('pictures of runs', () => {
  it('begins with the ten newest: parameters beside the metric that counts', async () => {
    const { host } = show();
    const group = await screen.findByRole('group', {
      name: /^Parallel coordinates of 10 runs over .*auc$/
    });
    expect(
      within(group)
        .getAllByRole('button')
        .map(axis => axis.getAttribute('aria-label'))
    ).toEqual([
      'Axis model, 1 of 5',
      'Axis num_leaves, 2 of 5',
      'Axis learning_rate, 3 of 5',
      'Axis max_depth, 4 of 5',
      'Axis auc, 5 of 5'
    ]);
    await waitFor(() =>
      expect(host.drawn.drawn.map(spec => spec.y.label)).toContain('auc')
    );
    expect(screen.getByText('10 of 60 runs')).toBeInTheDocument();
  });

  it('brushes an axis by keys, and chooses the runs within', async () => {
    const { host } = show({}, { shown: 'all' });
    const axis = await screen.findByRole('button', {
      name: 'Axis auc, 5 of 5'
    });
    axis.focus();
    for (let i = 0; i < 12; i++) {
      fireEvent.keyDown(axis, { key: 'ArrowUp', shiftKey: true });
    }
    expect(axis).toHaveAccessibleName(
      'Axis auc, 5 of 5, brushed from 60 % to 100 %'
    );
    const aucs = DEMO_RUNS.map(run => run.cells['metrics.auc']).filter(
      (value): value is number => typeof value === 'number'
    );
    const limit =
      Math.min(...aucs) + 0.6 * (Math.max(...aucs) - Math.min(...aucs));
    const inside = aucs.filter(value => value >= limit - 1e-9).length;
    expect(inside).toBeGreaterThan(1);
    expect(
      await screen.findByText(`${inside} runs chosen`)
    ).toBeInTheDocument();
    fireEvent.keyDown(axis, { key: 'Escape' });
    await waitFor(() => expect(screen.queryByText(/runs chosen/)).toBeNull());
    expect(host.notices).toEqual([]);
  });

  it('moves an axis by the arrow keys, and remembers it', async () => {
    const { host } = show();
    const axis = await screen.findByRole('button', {
      name: 'Axis auc, 5 of 5'
    });
    fireEvent.keyDown(axis, { key: 'ArrowLeft' });
    expect(
      await screen.findByRole('button', { name: 'Axis auc, 4 of 5' })
    ).toBeInTheDocument();
    await waitFor(() =>
      expect(lastCards(host)[0].axes?.[3]).toBe('metrics.auc')
    );
  });

  it('hides a run, and shows one that is not among the newest', async () => {
    show();
    await screen.findByRole('group', { name: /of 10 runs/ });
    await userEvent.click(
      screen.getByRole('button', { name: 'Show lightgbm-60 in the pictures' })
    );
    expect(
      await screen.findByRole('group', { name: /of 9 runs/ })
    ).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Show logistic-50 in the pictures' })
    );
    expect(
      await screen.findByRole('group', { name: /of 10 runs/ })
    ).toBeInTheDocument();
  });

  it('adds, enlarges, moves, makes larger and removes a picture', async () => {
    const { host } = show();
    await screen.findByRole('group', { name: /^Parallel/ });
    await userEvent.click(screen.getByRole('button', { name: 'Add picture' }));
    await userEvent.click(screen.getByRole('button', { name: 'Contour' }));
    const title = 'auc / model × num_leaves';
    const card = await screen.findByRole('region', { name: title });
    expect(lastCards(host)[0].kind).toBe('contour');

    await userEvent.click(
      within(card).getByRole('button', { name: 'Full screen' })
    );
    expect(card).toHaveClass('jp-mod-full');
    fireEvent.keyDown(card, { key: 'Escape' });
    expect(card).not.toHaveClass('jp-mod-full');

    fireEvent.keyDown(
      within(card).getByRole('button', { name: /^Move auc \/ model/ }),
      { key: 'ArrowRight' }
    );
    await waitFor(() => expect(lastCards(host)[1].kind).toBe('contour'));
    fireEvent.keyDown(
      within(card).getByRole('button', { name: /^Size of auc/ }),
      { key: 'ArrowRight' }
    );
    await waitFor(() => expect(lastCards(host)[1].width).toBe(4));

    await userEvent.click(
      within(card).getByRole('button', { name: `More of ${title}` })
    );
    const items = host.menus[0].map(item =>
      'label' in item ? item.label : ''
    );
    expect(items.slice(0, 3)).toEqual([
      'Save as PNG',
      'Save as SVG',
      'Save as CSV'
    ]);
    const remove = host.menus[0].find(
      item => 'label' in item && item.label === 'Remove'
    );
    React.act(() => (remove as { run: () => void }).run());
    await waitFor(() =>
      expect(screen.queryByRole('region', { name: title })).toBeNull()
    );
    await userEvent.click(screen.getByRole('button', { name: 'Reset' }));
    await waitFor(() => expect(lastCards(host)).toBeNull());
  });

  it('draws metrics over steps, and smooths them', async () => {
    const { host } = show();
    const card = await screen.findByRole('region', { name: 'auc' });
    expect(card).toBeInTheDocument();
    await waitFor(() =>
      expect(
        host.server.requests.some(
          one =>
            one.path === 'api/1.0/runs/series' &&
            (one.body as { run_ids: string[] }).run_ids.length === 10
        )
      ).toBe(true)
    );
  });

  it('shows the figures in place of a picture', async () => {
    show();
    const card = (
      await screen.findByRole('group', { name: /^Parallel/ })
    ).closest('section')!;
    await userEvent.click(
      within(card).getByRole('button', { name: 'Show as table' })
    );
    const table = within(card).getByRole('table', { name: /^Parallel/ });
    expect(within(table).getAllByRole('row')).toHaveLength(11);
  });

  it('says so when no metric was logged', async () => {
    show({
      'GET api/1.0/experiments/*/columns': { columns: [], truncated: false }
    });
    expect(await screen.findByText('Nothing to draw yet')).toBeInTheDocument();
  });

  it('tells of a fault, and the table stays', async () => {
    show(
      {
        'POST api/1.0/runs/frame': new ApiError(400, 'X', 'The store is away.')
      },
      { shown: 'all' }
    );
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The store is away.'
    );
    expect(await screen.findByText('lightgbm-60')).toBeInTheDocument();
  });

  it('asks for all runs when all are to be shown', async () => {
    const { host } = show({}, { shown: 'all' });
    await screen.findByRole('group', { name: /of 60 runs/ });
    const frames = host.server.requests.filter(
      (one: IFakeRequest) => one.path === 'api/1.0/runs/frame'
    );
    expect(frames[0].body).toMatchObject({
      experiment_ids: ['1'],
      max_points: 2000
    });
  });
});

const KNOWN = {
  metrics: ['metrics.auc', 'metrics.loss'],
  params: ['params.depth', 'params.rate']
};

function dataOf(columns: Record<string, unknown[]>): IChartData {
  const count = Object.values(columns)[0].length;
  const ids = Array.from({ length: count }, (_, i) => `r${i}`);
  return chartData(
    {
      ids,
      columns: Object.entries(columns).map(([key, values]) => ({
        key,
        type: 'string',
        values: values as string[]
      }))
    },
    ids
  );
}

describe('cards', () => {
  it('draws lines only where a metric has a history', () => {
    expect(defaultCards(KNOWN).map(card => card.kind)).toEqual([
      'parallel',
      'bar',
      'scatter'
    ]);
    const kinds = defaultCards({ ...KNOWN, history: 'metrics.loss' });
    expect(kinds.find(card => card.kind === 'line')?.metrics).toEqual([
      'metrics.loss'
    ]);
    expect(defaultCards({ metrics: [], params: ['params.a'] })).toEqual([]);
  });

  it('moves and resizes within limits', () => {
    const cards = ['a', 'b', 'c'].map(id => ({ ...newCard('bar', KNOWN), id }));
    expect(moveCard(cards, 'a', 9).map(card => card.id)).toEqual([
      'b',
      'c',
      'a'
    ]);
    expect(moveCard(cards, 'c', -3)[0].id).toBe('c');
    expect(resizeCard(cards[0], 99, 1)).toMatchObject({
      width: 6,
      height: 160
    });
  });
});

describe('scales', () => {
  it('takes parameters for numbers when all of them are', () => {
    expect(isNumeric(['1', '0.5', null])).toBe(true);
    expect(isNumeric(['1', 'auto'])).toBe(false);
    expect(isNumeric([])).toBe(false);
    expect(numberOf('NaN')).toBeNull();
    expect(numberOf('1e-3')).toBe(0.001);
  });

  it('spreads powers of ten evenly, and texts one by one', () => {
    const rates = scaleOf(['0.001', '0.01', '0.1']);
    expect(rates.kind).toBe('log');
    expect(rates.place('0.01')).toBeCloseTo(0.5);
    expect(rates.ticks.map(tick => tick.label)).toEqual([
      '0.001',
      '0.01',
      '0.1'
    ]);
    const names = scaleOf(['b10', 'b9', null]);
    expect(names.ticks.map(tick => tick.label)).toEqual(['b9', 'b10']);
    expect(names.place(null)).toBeNull();
    expect(scaleOf([3, 3]).place(3)).toBe(0.5);
    expect(wantsLog([0, 1000])).toBe(false);
  });

  it('has round ticks', () => {
    expect(niceTicks(0.66, 0.77)).toEqual([0.675, 0.7, 0.725, 0.75]);
    expect(niceTicks(0, 10)).toEqual([0, 2, 4, 6, 8, 10]);
  });

  it('mixes the colours of a ramp', () => {
    const stops = ['rgb(0, 0, 0)', 'rgb(100, 0, 0)', 'rgb(100, 200, 0)'];
    expect(rampColor(stops, 0.25)).toBe('rgb(50, 0, 0)');
    expect(rampColor(stops, 1)).toBe('rgb(100, 200, 0)');
    expect(rampColor(stops, 7)).toBe('rgb(100, 200, 0)');
  });
});

describe('parallel coordinates', () => {
  const data = dataOf({
    'params.depth': ['3', '5', null],
    'metrics.auc': [0.6, 0.8, 0.7]
  });
  const axes = axesOf(['params.depth', 'metrics.auc'], key => key, data.values);
  const size = { width: 400, height: 200 };

  it('keeps what lies within all brushes; a missing value lies in none', () => {
    expect(brushed(axes, new Map([['params.depth', [0, 1]]]), 3)).toEqual([
      true,
      true,
      false
    ]);
    expect(
      brushed(
        axes,
        new Map([
          ['params.depth', [0, 1] as const],
          ['metrics.auc', [0.9, 1] as const]
        ]),
        3
      )
    ).toEqual([false, true, false]);
  });

  it('finds the line under the pointer, and none far from all', () => {
    const lines = linesOf(axes, 3, size);
    const [x0, y0, x1, y1] = lines[1];
    expect(
      nearest(lines, (x0 + x1) / 2, (y0 + y1) / 2 + 2, [true, true, true])
    ).toBe(1);
    expect(
      nearest(lines, (x0 + x1) / 2, (y0 + y1) / 2, [true, false, true], 2)
    ).toBeNull();
  });

  it('orders axes', () => {
    expect(moveAxis(['a', 'b', 'c'], 'c', 0)).toEqual(['c', 'a', 'b']);
  });

  it('is a file with names as text', () => {
    const svg = parallelSvg(
      [{ ...axes[0], label: '<b>&' }, axes[1]],
      linesOf(axes, 3, size),
      ['red', 'red', 'red'],
      [true, true, false],
      size,
      { font: 'x', text: 'a', faint: 'b', grid: 'c', paper: 'd' }
    );
    expect(svg).toContain('&lt;b&gt;&amp;');
    expect(svg.match(/<polyline/g)).toHaveLength(3);
  });
});

describe('what pictures say', () => {
  const data = dataOf({
    'attributes.run_name': ['a', 'a', 'c', 'd'],
    'params.depth': ['3', '5', null, '7'],
    'params.kind': ['x', 'y', 'x', 'y'],
    'metrics.auc': [0.6, 0.8, 0.7, 0.5],
    'metrics.loss': [0.5, 0.4, 0.3, 'NaN']
  });

  it('leaves runs out that have no place', () => {
    const spec = scatterSpec(
      {
        ...newCard('scatter', KNOWN),
        x: 'params.depth',
        y: 'metrics.auc',
        color: 'metrics.loss'
      },
      data,
      plainTrans
    );
    expect(spec.series.map(series => series.ids)).toEqual([
      ['r0', 'r1'],
      // Its loss is no number: it has a place, but no colour.
      ['r3']
    ]);
    expect(spec.x.type).toBe('linear');
  });

  it('has one colour for each text', () => {
    const spec = scatterSpec(
      {
        ...newCard('scatter', KNOWN),
        x: 'metrics.auc',
        y: 'metrics.auc',
        color: 'params.kind'
      },
      data,
      plainTrans
    );
    expect(spec.series.map(series => series.name)).toEqual(['x', 'y']);
  });

  it('keeps runs of one name apart, and groups those of one value', () => {
    const card = { ...newCard('bar', KNOWN), metrics: ['metrics.auc'] };
    expect(barSpec(card, data, plainTrans).series[0].x).toEqual([
      'd',
      'c',
      'a (2)',
      'a'
    ]);
    const grouped = barSpec(
      { ...card, groupBy: 'params.kind' },
      data,
      plainTrans
    );
    expect(grouped.series[0].y[0]).toBeCloseTo(0.65);
    expect(grouped.series[0]).toMatchObject({
      x: ['x', 'y'],
      lower: [0.6, 0.5],
      upper: [0.7, 0.8]
    });
  });

  it('draws a contour where there is enough for one', () => {
    const card = {
      ...newCard('contour', KNOWN),
      x: 'params.depth',
      y: 'metrics.loss',
      color: 'metrics.auc'
    };
    expect(contourSpec(card, data, plainTrans)).toBeNull();
    const surface = surfaceOf([
      { x: 0, y: 0, z: 1 },
      { x: 1, y: 1, z: 3 },
      { x: 0, y: 1, z: 2 }
    ]);
    expect(surface.z[0][0]).toBeCloseTo(1, 1);
    // Far from all points there is no surface.
    expect(surface.z[0][39]).toBeNull();
  });

  it('draws a line for each run, or a band for each group', () => {
    const curves = ['r0', 'r1', 'r3'].map((run_id, i) => ({
      run_id,
      metric: 'auc',
      x: [0, 1, 2],
      y: [i, i + 1, i + 2],
      total: 3,
      nan: 0,
      thinned: false
    }));
    const card = { ...newCard('line', KNOWN), metrics: ['metrics.auc'] };
    expect(lineSpec(card, data, curves, plainTrans).series).toHaveLength(3);
    const bands = lineSpec(
      { ...card, groupBy: 'params.kind' },
      data,
      curves,
      plainTrans
    ).series;
    expect(bands.map(series => series.name)).toEqual(['x', 'y']);
    expect(bands[1]).toMatchObject({ lower: [1, 2, 3], upper: [2, 3, 4] });
  });

  it('smooths without a bias at the beginning', () => {
    const [first, second, third] = smooth([2, 2, 2], 0.9);
    expect([first, second]).toEqual([2, 2]);
    expect(third).toBeCloseTo(2, 6);
    expect(smooth([1, 5], 0)).toEqual([1, 5]);
    expect(smooth([0, 1], 0.5)[1]).toBeCloseTo(2 / 3);
    expect(smooth([1, null, NaN, 1], 0.9)).toEqual([1, null, null, 1]);
    expect(valueAt({ x: [0, 10], y: [0, 1] }, 5)).toBe(0.5);
    expect(valueAt({ x: [0, 10], y: [0, 1] }, 11)).toBeNull();
    expect(
      bandOf([
        { x: [0, 2], y: [0, 2] },
        { x: [0, 2], y: [2, 4] }
      ])
    ).toMatchObject({ mean: [1, 3], low: [0, 2], high: [2, 4] });
  });
});
