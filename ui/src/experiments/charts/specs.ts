/** What each kind of picture says of the runs. */
import type { Cell } from '../../api/types';
import type { ICurve } from '../../api/types.runs';
import type { IAxis, IChartSpec, ISeries } from '../../charts/engine';
import type { ITrans } from '../../host';
import { START } from '../columns';
import { shortKey } from '../rows';
import type { ICard } from './cards';
import { isNumeric, numberOf, wantsLog } from './data';
import type { IChartData } from './data';
import { scaleOf } from './scale';
import { bandOf, smooth } from './smooth';
import { surfaceOf } from './surface';

/** More bars are too thin to carry figures. */
const MOST_FIGURES = 20;
/** The last colour of the palette. */
const GREY = 7;
/** With more lines the legend would leave no room for them: the pointer names each. */
const MOST_NAMED = 12;

function axisOf(
  key: string,
  values: readonly Cell[],
  log: boolean | undefined,
  trans: ITrans
): IAxis {
  if (key === START) {
    return { label: trans.__('Start time'), type: 'date' };
  }
  if (!isNumeric(values)) {
    return { label: shortKey(key), type: 'category' };
  }
  const isLog = log ?? wantsLog(values.map(numberOf));
  return { label: shortKey(key), type: isLog ? 'log' : 'linear' };
}

const placeOf = (value: Cell, axis: IAxis): number | string | null =>
  axis.type === 'category'
    ? value === null
      ? null
      : String(value)
    : numberOf(value);

/** Each run a point; coloured by a number from least to greatest, or by a text with one colour each. */
export function scatterSpec(
  card: ICard,
  data: IChartData,
  trans: ITrans
): IChartSpec {
  const { x: xKey = START, y: yKey = '', color } = card;
  const xs = data.values(xKey);
  const ys = data.values(yKey);
  const x = axisOf(xKey, xs, card.logX, trans);
  const y = axisOf(yKey, ys, card.logY, trans);
  const rows = data.ids
    .map((_, i) => i)
    .filter(i => placeOf(xs[i], x) !== null && numberOf(ys[i]) !== null);
  const series = (name: string, members: number[]): ISeries => ({
    name,
    kind: 'points',
    x: members.map(i => placeOf(xs[i], x)!),
    y: members.map(i => numberOf(ys[i])),
    text: members.map(i => data.names[i]),
    ids: members.map(i => data.ids[i])
  });
  const colors = color ? data.values(color) : [];
  if (!color) {
    return {
      x,
      y,
      series: [series(y.label, rows)],
      legend: false,
      selects: true
    };
  }
  if (isNumeric(colors)) {
    const known = rows.filter(i => numberOf(colors[i]) !== null);
    // Runs without that value are there all the same, in grey.
    const rest = rows.filter(i => numberOf(colors[i]) === null);
    return {
      x,
      y,
      series: [
        {
          ...series(y.label, known),
          values: known.map(i => numberOf(colors[i]))
        },
        ...(rest.length > 0
          ? [{ ...series(trans.__('none'), rest), color: GREY }]
          : [])
      ],
      legend: false,
      ramp: shortKey(color),
      selects: true
    };
  }
  const groups = groupRows(rows, colors, trans);
  return {
    x,
    y,
    series: groups.map(([name, members]) => series(name, members)),
    legend: groups.length > 1 && groups.length <= MOST_NAMED,
    selects: true
  };
}

/** Heights between the runs, and the runs themselves. */
export function contourSpec(
  card: ICard,
  data: IChartData,
  trans: ITrans
): IChartSpec | null {
  const { x: xKey = '', y: yKey = '', color: zKey = '' } = card;
  const [xs, ys, zs] = [xKey, yKey, zKey].map(key => data.values(key));
  const rows = data.ids
    .map((_, i) => i)
    .filter(i =>
      [xs, ys, zs].every(values => numberOf(values[i] ?? null) !== null)
    );
  const x = axisOf(xKey, xs, card.logX, trans);
  const y = axisOf(yKey, ys, card.logY, trans);
  const distinct = (values: readonly Cell[]): number =>
    new Set(rows.map(i => numberOf(values[i]))).size;
  if (rows.length < 3 || distinct(xs) < 2 || distinct(ys) < 2) {
    return null;
  }
  const points = rows.map(i => ({
    x: numberOf(xs[i])!,
    y: numberOf(ys[i])!,
    z: numberOf(zs[i])!
  }));
  return {
    x: { ...x, type: x.type === 'log' ? 'log' : 'linear' },
    y: { ...y, type: y.type === 'log' ? 'log' : 'linear' },
    series: [
      {
        name: shortKey(zKey),
        kind: 'contour',
        x: [],
        y: [],
        grid: surfaceOf(points, { x: x.type === 'log', y: y.type === 'log' })
      },
      {
        name: trans.__('Runs'),
        kind: 'points',
        x: points.map(point => point.x),
        y: points.map(point => point.y),
        values: points.map(point => point.z),
        text: rows.map(i => data.names[i]),
        ids: rows.map(i => data.ids[i])
      }
    ],
    legend: false,
    ramp: shortKey(zKey),
    rampRange: [
      Math.min(...points.map(point => point.z)),
      Math.max(...points.map(point => point.z))
    ],
    selects: true
  };
}

/** Each run a bar, or the runs of a group one, with the least and the greatest of them. */
export function barSpec(
  card: ICard,
  data: IChartData,
  trans: ITrans
): IChartSpec {
  const metrics = card.metrics ?? [];
  const rows = data.ids.map((_, i) => i);
  const label = metrics.map(shortKey).join(', ');
  if (card.groupBy) {
    const groups = groupRows(rows, data.values(card.groupBy), trans);
    return {
      x: { label: shortKey(card.groupBy), type: 'category' },
      y: { label },
      series: metrics.map(key => {
        const values = data.values(key).map(numberOf);
        const known = groups.map(([, members]) =>
          members.map(i => values[i]).filter(isNumber)
        );
        return {
          name: shortKey(key),
          kind: 'bar',
          x: groups.map(([name]) => name),
          y: known.map(mean),
          lower: known.map(list => (list.length ? Math.min(...list) : null)),
          upper: known.map(list => (list.length ? Math.max(...list) : null))
        };
      }),
      legend: metrics.length > 1
    };
  }
  // One metric: the runs in its order, in their own colours.
  const order = [...rows].reverse();
  const names = uniqueNames(data.names);
  if (metrics.length === 1) {
    const values = data.values(metrics[0]).map(numberOf);
    return {
      x: { label: '', type: 'category' },
      y: { label },
      horizontal: true,
      legend: false,
      gap: 0.3,
      series: [
        {
          name: label,
          kind: 'bar',
          color: 0,
          x: order.map(i => names[i]),
          y: order.map(i => values[i]),
          text: order.map(i => data.names[i]),
          ids: order.map(i => data.ids[i]),
          colors: order.map(i => data.places[i]),
          figures: order.length <= MOST_FIGURES
        }
      ]
    };
  }
  return {
    x: { label: '', type: 'category' },
    y: { label },
    legend: true,
    series: metrics.map(key => {
      const values = data.values(key).map(numberOf);
      return {
        name: shortKey(key),
        kind: 'bar',
        x: rows.map(i => names[i]),
        y: rows.map(i => values[i]),
        text: rows.map(i => data.names[i]),
        ids: rows.map(i => data.ids[i])
      };
    })
  };
}

/** Metrics over steps or time: a line for each run, or a band for each group. */
export function lineSpec(
  card: ICard,
  data: IChartData,
  curves: readonly ICurve[],
  trans: ITrans
): IChartSpec {
  const { over = 'step', smoothing = 0, logX, logY, metrics = [] } = card;
  const at = new Map(data.ids.map((id, i) => [id, i]));
  const shown = curves.filter(curve => at.has(curve.run_id));
  const unit = over === 'relative_time' ? 1000 : 1;
  const several = metrics.length > 1;
  const base: Omit<IChartSpec, 'series'> = {
    x: {
      label: {
        step: trans.__('Step'),
        time: trans.__('Time'),
        relative_time: trans.__('Seconds since the first value')
      }[over],
      type: over === 'time' ? 'date' : logX ? 'log' : 'linear'
    },
    y: {
      label: metrics.map(shortKey).join(', '),
      type: logY ? 'log' : 'linear'
    },
    legend: shown.length > 1 && shown.length <= MOST_NAMED
  };
  if (card.groupBy) {
    const groups = groupRows(
      data.ids.map((_, i) => i),
      data.values(card.groupBy),
      trans
    );
    return {
      ...base,
      series: metrics.flatMap(metric =>
        groups.flatMap(([name, members], g): ISeries[] => {
          const ids = new Set(members.map(i => data.ids[i]));
          const own = shown.filter(
            curve => ids.has(curve.run_id) && metricIs(curve, metric)
          );
          if (own.length === 0) {
            return [];
          }
          const band = bandOf(own);
          return [
            {
              name: several ? `${name} · ${shortKey(metric)}` : name,
              kind: 'path',
              band: true,
              color: g,
              x: band.x.map(value => value / unit),
              y: smooth(band.mean, smoothing),
              lower: band.low,
              upper: band.high
            }
          ];
        })
      )
    };
  }
  return {
    ...base,
    series: shown.flatMap((curve): ISeries[] => {
      const i = at.get(curve.run_id)!;
      const name = several
        ? `${data.names[i]} · ${curve.metric}`
        : data.names[i];
      const x = curve.x.map(value => value / unit);
      const line: ISeries = {
        name,
        kind: curve.x.length > 1 ? 'path' : 'line',
        color:
          data.places[i] +
          (several ? 8 * metrics.findIndex(key => metricIs(curve, key)) : 0),
        x,
        y: smooth(curve.y, smoothing),
        text: x.map(() => name),
        ids: x.map(() => curve.run_id)
      };
      return [line];
    })
  };
}

const metricIs = (curve: ICurve, key: string): boolean =>
  curve.metric === shortKey(key) || curve.metric === key;

const isNumber = (value: number | null): value is number => value !== null;

const mean = (values: readonly number[]): number | null =>
  values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;

/** Rows by the text of a value, in the order of an axis. */
function groupRows(
  rows: readonly number[],
  values: readonly Cell[],
  trans: ITrans
): [string, number[]][] {
  const groups = new Map<string, number[]>();
  const places = new Map<string, number>();
  const scale = scaleOf(values);
  for (const i of rows) {
    const value = values[i] ?? null;
    const name = value === null ? trans.__('none') : String(value);
    groups.set(name, [...(groups.get(name) ?? []), i]);
    places.set(name, scale.place(value) ?? Infinity);
  }
  return [...groups].sort(([a], [b]) => places.get(a)! - places.get(b)!);
}

/** Two runs of one name stay two bars. */
export function uniqueNames(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map(name => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

/** What a screen reader hears in place of the picture. */
export function sentence(card: ICard, runs: number, trans: ITrans): string {
  const name = (key: string | undefined): string => shortKey(key ?? '');
  switch (card.kind) {
    case 'parallel':
      return trans._n(
        'Parallel coordinates of %1 run over %2',
        'Parallel coordinates of %1 runs over %2',
        runs,
        (card.axes ?? []).map(shortKey).join(', ')
      );
    case 'scatter':
      return trans._n(
        '%2 against %3 of %1 run',
        '%2 against %3 of %1 runs',
        runs,
        name(card.y),
        name(card.x)
      );
    case 'contour':
      return trans._n(
        '%2 over %3 and %4 of %1 run',
        '%2 over %3 and %4 of %1 runs',
        runs,
        name(card.color),
        name(card.x),
        name(card.y)
      );
    case 'bar':
      return trans._n(
        '%2 of %1 run as bars',
        '%2 of %1 runs as bars',
        runs,
        (card.metrics ?? []).map(shortKey).join(', ')
      );
    case 'line':
      return trans._n(
        '%2 of %1 run as lines',
        '%2 of %1 runs as lines',
        runs,
        (card.metrics ?? []).map(shortKey).join(', ')
      );
  }
}
