import * as React from 'react';
import { formatAddress } from '../address';
import type { Cell, IRunColumn } from '../api/types';
import { Chart } from '../charts/Chart';
import type { IChartSpec } from '../charts/engine';
import { EmptyState } from '../components/EmptyState';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { NAME, START } from './columns';
import { runsQuery } from './queries';
import { rowsOf, shortKey } from './rows';
import type { IRunRow } from './rows';

/** So many runs, the newest, are drawn. */
const MAX_RUNS = 200;

export interface IRunsChartProps {
  experimentId: string;
  filter: string | undefined;
  columns: readonly IRunColumn[];
  x: string | undefined;
  y: string | undefined;
  onQuery: (change: Record<string, string | undefined>) => void;
}

/** One metric over time, or against a parameter or another metric; a point is a run. */
export function RunsChart(props: IRunsChartProps): JSX.Element | null {
  const { columns, experimentId, filter, onQuery } = props;
  const trans = useTrans();
  const metrics = columns.filter(column => column.key.startsWith('metrics.'));
  const params = columns.filter(column => column.key.startsWith('params.'));
  const y = props.y ?? metrics[0]?.key;
  const x = props.x ?? START;
  const query = useApi(
    runsQuery({
      experiment_ids: [experimentId],
      filter,
      order_by: ['attributes.start_time DESC'],
      columns: [...new Set([NAME, START, x, y ?? NAME])],
      offset: 0,
      limit: MAX_RUNS
    }),
    { keep: true, enabled: y !== undefined }
  );
  if (y === undefined) {
    return (
      <EmptyState
        icon="chart"
        title={trans.__('Nothing to draw yet')}
        text={trans.__('The chart shows metrics, and no run has logged one.')}
      />
    );
  }
  const choice = ({ key }: IRunColumn): { value: string; label: string } => ({
    value: key,
    label: shortKey(key)
  });
  return (
    <div className="jp-mlnb-RunsChart">
      <div className="jp-mlnb-Bar">
        <Select
          label={trans.__('Metric')}
          value={y}
          options={metrics.map(choice)}
          onChange={value => onQuery({ y: value })}
        />
        <Select
          label={trans.__('against')}
          value={x}
          options={[
            { value: START, label: trans.__('start time') },
            ...[...params, ...metrics].filter(one => one.key !== y).map(choice)
          ]}
          onChange={value =>
            onQuery({ x: value === START ? undefined : value })
          }
        />
      </div>
      <QueryView query={query} skeleton={<div style={{ height: 220 }} />}>
        {page => (
          <Picture
            rows={rowsOf(page).filter(row => typeof row.cells[y] === 'number')}
            x={x}
            y={y}
          />
        )}
      </QueryView>
    </div>
  );
}

function Picture(props: {
  rows: readonly IRunRow[];
  x: string;
  y: string;
}): JSX.Element {
  const { rows, x, y } = props;
  const host = useHost();
  const { trans } = host;
  const spec = React.useMemo(
    () => chartSpec(rows, x, y, trans),
    [rows, x, y, trans]
  );
  return (
    <Chart
      spec={spec}
      height={220}
      label={trans._n(
        '%2 of %1 run against %3',
        '%2 of %1 runs against %3',
        rows.length,
        shortKey(y),
        shortKey(x)
      )}
      onPick={id => host.open(formatAddress('run', id))}
    />
  );
}

/** Numbers among texts: parameters are stored as text. */
export function isNumericAxis(values: readonly Cell[]): boolean {
  const known = values.filter(value => value !== null && value !== '');
  return (
    known.length > 0 && known.every(value => Number.isFinite(Number(value)))
  );
}

export function chartSpec(
  rows: readonly IRunRow[],
  x: string,
  y: string,
  trans: ITrans
): IChartSpec {
  const isTime = x === START;
  const points = [...rows]
    .filter(row => row.cells[x] !== null && row.cells[x] !== undefined)
    .sort((a, b) => Number(a.cells[START]) - Number(b.cells[START]));
  const values = points.map(row => row.cells[x] ?? null);
  const numeric = !isTime && isNumericAxis(values);
  return {
    x: {
      label: isTime ? trans.__('Start time') : shortKey(x),
      type: isTime ? 'date' : numeric ? 'linear' : 'category'
    },
    y: { label: shortKey(y) },
    legend: false,
    series: [
      {
        name: shortKey(y),
        kind: 'points',
        x: values.map(value =>
          numeric || isTime ? Number(value) : String(value)
        ),
        y: points.map(row => row.cells[y] as number),
        text: points.map(row => String(row.cells[NAME] ?? row.id)),
        ids: points.map(row => row.id)
      }
    ]
  };
}
