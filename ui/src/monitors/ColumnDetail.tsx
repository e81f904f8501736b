import * as React from 'react';
import type { IDrift, IMonitorSeries } from '../api/types.monitors';
import { Chart } from '../charts/Chart';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { Skeleton } from '../components/Skeleton';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { seriesQuery } from './queries';
import { hasValues, seriesSentence, seriesSpec } from './seriesSpec';
import { figure, metricName, windowName } from './words';

const PROFILE = [
  'avg',
  'median',
  'stddev',
  'min',
  'max',
  'percent_null',
  'percent_zeros',
  'distinct_count'
];
/** What texts have, which have no mean. */
const OF_TEXTS = 'distinct_count';

export interface IColumnDetailProps {
  table: string;
  drift: IDrift;
  column: string;
  /** Start of the chosen window. */
  window: number | null;
}

/** One column over time: its distance from the baseline, and what has become of its values. */
export function ColumnDetail(props: IColumnDetailProps): JSX.Element {
  const { table, drift, column, window } = props;
  const trans = useTrans();
  const [metric, setMetric] = React.useState<string | null>(null);
  const wanted = metric === null ? ['avg', OF_TEXTS] : [metric];
  const query = useApi(
    seriesQuery(table, {
      metrics: wanted,
      column,
      granularity: drift.granularity
    }),
    { keep: true }
  );
  const chosen = chooseSeries(query.data, metric);
  return (
    <section
      className="jp-mlnb-ColumnDetail"
      aria-label={trans.__('Column %1', column)}
    >
      <div className="jp-mlnb-ColumnDetail-head">
        <h3>
          <bdi>{column}</bdi>
        </h3>
        <p className="jp-mlnb-Muted">
          {sentence(drift, column, window, trans)}
        </p>
        <Select
          label={trans.__('Values')}
          value={chosen?.metric ?? metric ?? 'avg'}
          options={PROFILE.map(value => ({
            value,
            label: metricName(value, trans)
          }))}
          onChange={setMetric}
        />
      </div>
      <div className="jp-mlnb-Columns">
        <DriftChart drift={drift} column={column} />
        <div className="jp-mlnb-ColumnDetail-profile">
          <QueryView query={query} skeleton={<Skeleton rows={4} />}>
            {() =>
              chosen && hasValues(chosen) ? (
                <Chart
                  height={220}
                  label={`${column}: ${seriesSentence(chosen, trans)}`}
                  spec={seriesSpec([chosen], trans)}
                />
              ) : (
                <p className="jp-mlnb-Muted">
                  {trans.__('This column has no such figure.')}
                </p>
              )
            }
          </QueryView>
        </div>
      </div>
    </section>
  );
}

function chooseSeries(
  data: readonly IMonitorSeries[] | undefined,
  metric: string | null
): IMonitorSeries | undefined {
  return metric === null
    ? (data?.find(hasValues) ?? data?.[0])
    : data?.find(one => one.metric === metric);
}

/** What the heat map has said already needs no second request. */
function DriftChart(props: { drift: IDrift; column: string }): JSX.Element {
  const { drift, column } = props;
  const trans = useTrans();
  const series = React.useMemo<IMonitorSeries>(
    () => ({
      metric: drift.metric,
      column,
      t: drift.windows.map(one => one.start),
      series: [
        { name: 'current', values: drift.values[drift.columns.indexOf(column)] }
      ]
    }),
    [drift, column]
  );
  const spec = React.useMemo(
    () => ({
      ...seriesSpec([series], trans, {
        threshold:
          drift.threshold === undefined
            ? undefined
            : {
                value: drift.threshold,
                label: trans.__('limit %1', figure(drift.threshold))
              }
      }),
      legend: false
    }),
    [series, drift.threshold, trans]
  );
  return (
    <Chart
      height={220}
      label={`${column}: ${seriesSentence(series, trans)}`}
      spec={spec}
    />
  );
}

function sentence(
  drift: IDrift,
  column: string,
  window: number | null,
  trans: ITrans
): string {
  const row = drift.columns.indexOf(column);
  const at = drift.windows.findIndex(one => one.start === window);
  if (at >= 0) {
    const value = drift.values[row][at];
    const name = windowName(drift.windows[at]);
    if (value === null) {
      return trans.__('%1: not defined.', name);
    }
    return drift.drifted[row][at]
      ? trans.__('%1: %2, drifted.', name, figure(value))
      : trans.__('%1: %2, not drifted.', name, figure(value));
  }
  const count = drift.drifted[row].filter(Boolean).length;
  return count === 0
    ? trans.__('Not drifted in any of %1 windows.', drift.windows.length)
    : trans.__('Drifted in %1 of %2 windows.', count, drift.windows.length);
}
