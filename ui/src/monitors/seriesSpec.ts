import type { IMonitorSeries } from '../api/types.monitors';
import type { IChartSpec, ISeries } from '../charts/engine';
import type { ITrans } from '../host';
import { chartTime, figure, metricName, windowName } from './words';

export interface ISeriesSpecOptions {
  threshold?: { value: number; label: string };
  format?: string;
}

export function hasValues(series: IMonitorSeries): boolean {
  return series.series.some(
    line => line.name !== 'baseline' && line.values.some(v => v !== null)
  );
}

/** Metrics over time: one line each, the baseline's beside it. */
export function seriesSpec(
  metrics: readonly IMonitorSeries[],
  trans: ITrans,
  options: ISeriesSpecOptions = {}
): IChartSpec {
  const several = metrics.length > 1;
  const rateNames: Readonly<Record<string, string>> = {
    base_rate: trans.__('actual'),
    predicted_rate: trans.__('predicted')
  };
  return {
    x: { label: '', type: 'date' },
    y: {
      label: metricName(metrics[0].metric, trans),
      format: options.format
    },
    thresholds: options.threshold ? [options.threshold] : [],
    series: metrics.flatMap(one =>
      one.series
        .filter(line => !several || line.name !== 'baseline')
        .map(line => ({
          name: several
            ? (rateNames[one.metric] ?? metricName(one.metric, trans))
            : line.name === 'baseline'
              ? trans.__('baseline')
              : line.name === 'current'
                ? trans.__('observed')
                : line.name,
          ...(line.name === 'baseline'
            ? ends(one.t, line.values)
            : { x: one.t.map(chartTime), y: line.values })
        }))
    )
  };
}

/** The baseline is one value: a line from end to end, without a mark on each window. */
function ends(
  t: readonly number[],
  values: readonly (number | null)[]
): Pick<ISeries, 'x' | 'y' | 'color'> {
  const last = t.length - 1;
  return {
    x: [chartTime(t[0]), chartTime(t[last])],
    y: [values[0], values[last]],
    color: 7
  };
}

/** The picture in a sentence. */
export function seriesSentence(series: IMonitorSeries, trans: ITrans): string {
  const name = metricName(series.metric, trans);
  const line = series.series.find(one => one.name !== 'baseline');
  const known = (line?.values ?? []).flatMap((value, i) =>
    value === null ? [] : [{ value, t: series.t[i] }]
  );
  if (known.length === 0) {
    return trans.__('%1: no values', name);
  }
  const values = known.map(one => one.value);
  const last = known[known.length - 1];
  return trans.__(
    '%1 over %2 windows: between %3 and %4, newest %5 at %6',
    name,
    known.length,
    figure(Math.min(...values)),
    figure(Math.max(...values)),
    figure(last.value),
    windowName({ start: last.t, end: last.t + 86_400_000 })
  );
}
