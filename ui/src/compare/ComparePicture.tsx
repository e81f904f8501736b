import * as React from 'react';
import type { Cell } from '../api/types';
import type { ICompareRow, IRunsComparison } from '../api/types.compare';
import { differing } from '../experiments/charts/axes';
import type { IChartData } from '../experiments/charts/data';
import { isNumeric } from '../experiments/charts/data';
import { ParallelChart } from '../experiments/charts/ParallelChart';
import { useTrans } from '../host';
import { inOrder } from './compare';

const MOST_METRICS = 3;
const HEIGHT = 230;

/** The runs across what differs between them: parameters first, then metrics. */
export function ComparePicture(props: {
  comparison: IRunsComparison;
  goals: readonly string[];
  onOpen: (runId: string) => void;
}): JSX.Element | null {
  const { comparison, goals } = props;
  const trans = useTrans();
  const [chosen, setChosen] = React.useState<string[] | null>(null);
  const svg = React.useRef<(() => string) | null>(null);
  const { data, axes } = React.useMemo(
    () => pictureOf(comparison, goals),
    [comparison, goals]
  );
  if (axes.length < 2) {
    return null;
  }
  const shown =
    chosen && chosen.every(key => axes.includes(key)) ? chosen : axes;
  const metric = axes.find(key => key.startsWith('metrics.'));
  return (
    <div className="jp-mlnb-Compare-picture">
      <ParallelChart
        data={data}
        axes={shown}
        color={metric}
        height={HEIGHT}
        label={trans.__('Parallel coordinates of what differs')}
        onBrush={() => undefined}
        onAxes={setChosen}
        onOpen={props.onOpen}
        svg={svg}
      />
    </div>
  );
}

export function pictureOf(
  comparison: IRunsComparison,
  goals: readonly string[] = []
): {
  data: IChartData;
  axes: string[];
} {
  const { runs, params, metrics } = comparison;
  const values = new Map<string, Cell[]>([
    ...params.map(row => [`params.${row.key}`, row.values] as const),
    ...metrics.map(row => [`metrics.${row.key}`, row.values] as const)
  ]);
  const data: IChartData = {
    ids: runs.map(run => run.run_id),
    names: runs.map(run => run.name),
    places: runs.map((_, i) => i),
    values: key => values.get(key) ?? []
  };
  const keysOf = (prefix: string, rows: readonly ICompareRow[]): string[] =>
    inOrder(
      rows.filter(row => row.differs),
      goals
    ).map(row => `${prefix}.${row.key}`);
  const measured = metrics.filter(row => isNumeric(row.values));
  return {
    data,
    axes: [
      ...differing(keysOf('params', params), data),
      ...keysOf('metrics', measured).slice(0, MOST_METRICS)
    ]
  };
}
