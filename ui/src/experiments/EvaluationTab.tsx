import * as React from 'react';
import { formatAddress } from '../address';
import type { Cell, IEvaluation, ISliceRow } from '../api/types';
import { Chart } from '../charts/Chart';
import type { IChartSpec } from '../charts/engine';
import { Button } from '../components/Button';
import { Facts } from '../components/Facts';
import { Section } from '../components/Page';
import { Select } from '../components/Select';
import { Meter } from '../components/Sparkline';
import { RelativeTime } from '../components/Time';
import { formatInteger, formatNumber } from '../format';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { figure } from './RunOverview';
import { byGoals, useGoals } from './useGoals';

/** Every evaluation of a run: its metrics, and how they differ between slices. */
export function EvaluationTab(props: {
  evaluations: readonly IEvaluation[];
}): JSX.Element {
  return (
    <>
      {props.evaluations.map(evaluation => (
        <Evaluation key={evaluation.id} evaluation={evaluation} />
      ))}
    </>
  );
}

function Evaluation({ evaluation }: { evaluation: IEvaluation }): JSX.Element {
  const host = useHost();
  const goals = useGoals();
  const { trans } = host;
  const { data, data_version: dataVersion, slices } = evaluation;
  const version = dataVersion === undefined ? undefined : String(dataVersion);
  const isTable = data.split('.').length === 3;
  return (
    <Section
      title={trans.__('On %1', data)}
      aside={
        <>
          <span className="jp-mlnb-Muted">
            <RelativeTime time={evaluation.created_at} />
          </span>
          {isTable && (
            <Button
              label={
                version === undefined
                  ? trans.__('Open the data')
                  : trans.__('Open version %1', version)
              }
              icon="table"
              kind="link"
              onClick={() =>
                host.open(formatAddress('table', data, { query: { version } }))
              }
            />
          )}
        </>
      }
    >
      <div className="jp-mlnb-Evaluation-facts">
        <Facts
          facts={byGoals(
            Object.entries(evaluation.metrics),
            goals.names,
            ([name]) => name
          ).map(([name, value]) => ({ label: name, value: figure(value) }))}
        />
      </div>
      {slices.length > 0 && <Slices evaluation={evaluation} />}
    </Section>
  );
}

function Slices({ evaluation }: { evaluation: IEvaluation }): JSX.Element {
  const trans = useTrans();
  const { slices } = evaluation;
  const goals = useGoals();
  const metrics = byGoals(
    [...new Set(slices.map(slice => slice.metric))],
    goals.names,
    name => name
  );
  const keys = [...new Set(slices.map(slice => slice.slice_key))];
  const [picked, setMetric] = React.useState<string | null>(null);
  const metric = picked ?? metrics[0];
  const [key, setKey] = React.useState(keys[0]);
  const rows = slices
    .filter(slice => slice.metric === metric && slice.slice_key === key)
    .sort((a, b) => numberOf(b.value) - numberOf(a.value));
  const overall = evaluation.metrics[metric];
  return (
    <>
      <div className="jp-mlnb-Bar jp-mlnb-Evaluation-bar">
        <Select
          label={trans.__('Metric')}
          value={metric}
          options={metrics.map(name => ({ value: name, label: name }))}
          onChange={setMetric}
        />
        <Select
          label={trans.__('by')}
          value={key}
          options={keys.map(name => ({ value: name, label: name }))}
          onChange={setKey}
        />
      </div>
      <div className="jp-mlnb-Columns">
        <Chart
          spec={sliceSpec(rows, key, metric, overall, trans)}
          label={trans.__('%1 by %2 with its uncertainty', metric, key)}
          height={Math.max(180, 56 + rows.length * 24)}
        />
        <SliceTable rows={rows} sliceKey={key} metric={metric} />
      </div>
    </>
  );
}

function numberOf(value: Cell | undefined): number {
  return typeof value === 'number' ? value : NaN;
}

function bound(value: Cell | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

export function sliceSpec(
  rows: readonly ISliceRow[],
  key: string,
  metric: string,
  overall: Cell | undefined,
  trans: ITrans
): IChartSpec {
  // The list starts at the bottom of an axis of names.
  const shown = [...rows].reverse();
  const bounded = shown.some(row => row.lower !== undefined);
  return {
    horizontal: true,
    legend: false,
    x: { label: key, type: 'category' },
    y: { label: metric },
    thresholds:
      typeof overall === 'number'
        ? [
            {
              value: overall,
              label: trans.__('all: %1', formatNumber(overall))
            }
          ]
        : [],
    series: [
      {
        name: metric,
        kind: 'dots',
        x: shown.map(row => row.slice_value),
        y: shown.map(row => bound(row.value)),
        lower: bounded ? shown.map(row => bound(row.lower)) : undefined,
        upper: bounded ? shown.map(row => bound(row.upper)) : undefined
      }
    ]
  };
}

function SliceTable(props: {
  rows: readonly ISliceRow[];
  sliceKey: string;
  metric: string;
}): JSX.Element {
  const { rows, sliceKey, metric } = props;
  const trans = useTrans();
  const most = Math.max(...rows.map(row => row.n), 1);
  const bounded = rows.some(row => row.lower !== undefined);
  return (
    <table
      className="jp-mlnb-Table"
      aria-label={trans.__('%1 by %2', metric, sliceKey)}
    >
      <thead>
        <tr>
          <th scope="col">{sliceKey}</th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Rows')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {metric}
          </th>
          {bounded && (
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Range')}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={row.slice_value}>
            <th scope="row">
              <bdi>{row.slice_value}</bdi>
            </th>
            <td className="jp-mod-numeric">
              <Meter value={row.n / most} text={formatInteger(row.n)} />
            </td>
            <td className="jp-mod-numeric">{figure(row.value)}</td>
            {bounded && (
              <td className="jp-mod-numeric jp-mlnb-Muted">
                {row.lower !== undefined && row.upper !== undefined
                  ? `${figure(row.lower)} – ${figure(row.upper)}`
                  : ''}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
