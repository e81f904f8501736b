import * as React from 'react';
import type { IEvaluationResult, ISliceFigure } from '../api/types.evaluation';
import type { Figure } from '../api/types.runs';
import { Chart } from '../charts/Chart';
import type { IChartSpec } from '../charts/engine';
import { Section } from '../components/Page';
import { Select } from '../components/Select';
import { Meter } from '../components/Sparkline';
import { Tag } from '../components/State';
import { byGoals } from '../experiments/useGoals';
import { formatInteger, formatNumber } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import {
  alike,
  FEW_ROWS,
  FOUND,
  intervalText,
  numberOf,
  worstFirst
} from './figures';

/** So many slices are drawn; the table beside has them all. */
const DRAWN = 30;

/** A metric by slices, the worst first, each with its interval and size. */
export function SlicesSection(props: {
  evaluation: IEvaluationResult;
  goals: readonly string[];
}): JSX.Element {
  const { evaluation, goals } = props;
  const { slices, primary, worst } = evaluation;
  const trans = useTrans();
  const first = primary === undefined ? goals : [primary, ...goals];
  const metrics = byGoals(
    [...new Set(slices.map(slice => slice.metric))],
    first,
    name => name
  );
  const keys = [...new Set(slices.map(slice => slice.slice_key))];
  const [metric, setMetric] = React.useState(metrics[0]);
  const [key, setKey] = React.useState(worst?.slice_key ?? keys[0]);
  const rows = worstFirst(
    slices.filter(slice => slice.metric === metric && slice.slice_key === key),
    metric
  );
  const overall = evaluation.metrics[metric];
  const spec = React.useMemo(
    () => sliceSpec(rows.slice(0, DRAWN), key, metric, overall, trans),
    // Rows are made anew each time; what they are made of decides.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [slices, key, metric, overall, trans]
  );
  const title = key === FOUND ? trans.__('found regions') : key;
  return (
    <Section title={trans.__('Slices')}>
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
          options={keys.map(name => ({
            value: name,
            label: name === FOUND ? trans.__('regions found') : name
          }))}
          onChange={setKey}
        />
      </div>
      {key === FOUND && (
        <p className="jp-mlnb-Muted">
          {trans.__(
            'Nobody asked for these: a small tree on the loss of each row found where the model errs most.'
          )}
        </p>
      )}
      <div className="jp-mlnb-Columns">
        <Chart
          spec={spec}
          label={trans.__('%1 by %2 with its uncertainty', metric, title)}
          height={Math.max(180, 56 + Math.min(rows.length, DRAWN) * 24)}
        />
        <SliceTable rows={rows} title={title} metric={metric} />
      </div>
    </Section>
  );
}

export function sliceSpec(
  rows: readonly ISliceFigure[],
  key: string,
  metric: string,
  overall: Figure | undefined,
  trans: ITrans
): IChartSpec {
  // The list starts at the bottom of an axis of names.
  const shown = [...rows].reverse();
  const bounded = shown.some(row => row.lower !== undefined);
  return {
    horizontal: true,
    legend: false,
    x: { label: key === FOUND ? '' : key, type: 'category' },
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
        y: shown.map(row => numberOf(row.value)),
        lower: bounded ? shown.map(row => numberOf(row.lower)) : undefined,
        upper: bounded ? shown.map(row => numberOf(row.upper)) : undefined
      }
    ]
  };
}

function SliceTable(props: {
  rows: readonly ISliceFigure[];
  title: string;
  metric: string;
}): JSX.Element {
  const { rows, title, metric } = props;
  const trans = useTrans();
  const most = Math.max(...rows.map(row => row.n), 1);
  const format = alike(
    ...rows.flatMap(({ value, lower, upper }) => [value, lower, upper])
  );
  return (
    <div className="jp-mlnb-SliceTable">
      <table
        className="jp-mlnb-Table"
        aria-label={trans.__('%1 by %2', metric, title)}
      >
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Rows')}
            </th>
            <th scope="col" className="jp-mod-numeric">
              {metric}
            </th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Range')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={row.slice_value}>
              <th scope="row">
                <bdi>{row.slice_value}</bdi>{' '}
                {row.n < FEW_ROWS ? (
                  <Tag
                    label={trans.__('few rows')}
                    title={trans.__('Too few to be judged')}
                  />
                ) : (
                  i === 0 &&
                  rows.length > 1 && (
                    <Tag label={trans.__('worst')} tone="warn" />
                  )
                )}
              </th>
              <td className="jp-mod-numeric">
                <Meter value={row.n / most} text={formatInteger(row.n)} />
              </td>
              <td className="jp-mod-numeric">{format(row.value)}</td>
              <td className="jp-mod-numeric jp-mlnb-Muted">
                {intervalText(row.lower, row.upper, format)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
