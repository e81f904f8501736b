/** The rows of the compare page: what the runs have, what differs, and by how much from the first. */
import type { Cell } from '../api/types';
import type {
  ICompareRow,
  IRunHead,
  IRunsComparison
} from '../api/types.compare';
import { byGoals } from '../experiments/useGoals';
import { csvText } from '../grid/saveFile';

export type Area = 'run' | 'metrics' | 'params' | 'tags' | 'attributes';

export interface ICompareLine extends ICompareRow {
  area: Area;
}

/** What is known of the runs as such, as rows like all others. */
export function headRows(runs: readonly IRunHead[]): ICompareLine[] {
  const row = (
    key: string,
    value: (run: IRunHead) => Cell | undefined
  ): ICompareLine => {
    const values = runs.map(run => value(run) ?? null);
    return {
      area: 'run',
      key,
      values,
      differs: values.some(one => one !== values[0])
    };
  };
  return [
    row('status', run => run.status),
    row('start_time', run => run.start_time),
    row('duration_ms', run => run.duration_ms),
    row('experiment', run => run.experiment_name),
    row('notebook', run => run.notebook),
    row('user', run => run.user)
  ].filter(line => line.values.some(value => value !== null));
}

/** Attributes that stand among what is known of the runs as such. */
const IN_HEAD = new Set([
  'status',
  'start_time',
  'end_time',
  'duration_ms',
  'user',
  'user_id',
  'run_id',
  'run_name',
  'name',
  'experiment_id',
  'experiment_name',
  'notebook'
]);

/** What several runs have comes first: a value that one has alone compares with nothing. */
export function inOrder(
  rows: readonly ICompareRow[],
  goals: readonly string[]
): ICompareRow[] {
  const isShared = (row: ICompareRow): boolean =>
    row.values.filter(value => value !== null).length > 1;
  const shared = rows.filter(isShared);
  return byGoals(
    [...shared, ...rows.filter(row => !isShared(row))],
    goals,
    row => row.key
  );
}

/** All lines in the order in which they are shown, sections one after the other. */
export function linesOf(
  comparison: IRunsComparison,
  options: {
    onlyDifferences: boolean;
    text: string;
    goals?: readonly string[];
  }
): ICompareLine[] {
  const { goals = [] } = options;
  const needle = options.text.trim().toLowerCase();
  const section = (area: Area, rows: readonly ICompareRow[]): ICompareLine[] =>
    rows.map(row => ({ ...row, area }));
  const all = [
    ...headRows(comparison.runs),
    ...section('metrics', inOrder(comparison.metrics, goals)),
    ...section('params', inOrder(comparison.params, [])),
    ...section('tags', comparison.tags),
    ...section(
      'attributes',
      comparison.attributes.filter(row => !IN_HEAD.has(row.key))
    )
  ];
  return all.filter(
    line =>
      (!options.onlyDifferences || line.differs) &&
      line.key.toLowerCase().includes(needle)
  );
}

const LESS =
  /(^|_)(loss|error|err|rmse|mse|mae|mape|smape|rmsle|brier|deviance|deviation|perplexity|false_(positive|negative)s?|latency|seconds|cpu|rss)($|_|\d)|loss$|error$/i;
const MORE =
  /(^|_)(auc|accuracy|acc|precision|recall|f1|r2|score|ndcg|map|mrr|hit|lift|gini|ks)($|_|\d)|auc$|score$/i;

/** Whether more of a metric is better, by what such metrics are called; null where nobody can say. */
export function moreIsBetter(metric: string): boolean | null {
  if (LESS.test(metric)) {
    return false;
  }
  return MORE.test(metric) ? true : null;
}

/** The place of the best value of a row; null without one, when it is alone, or when all are as good. */
export function bestOf(line: ICompareLine): number | null {
  const more = line.area === 'metrics' ? moreIsBetter(line.key) : null;
  if (more === null) {
    return null;
  }
  if (line.values.filter(value => typeof value === 'number').length < 2) {
    return null;
  }
  let best: number | null = null;
  line.values.forEach((value, i) => {
    if (typeof value !== 'number') {
      return;
    }
    const held = best === null ? null : (line.values[best] as number);
    if (held === null || (more ? value > held : value < held)) {
      best = i;
    }
  });
  return line.differs ? best : null;
}

/** How much a value differs from that of the baseline; undefined where there is nothing to say. */
export function deltaOf(
  line: ICompareLine,
  i: number,
  baseline: number | null
): number | undefined {
  if (baseline === null || i === baseline) {
    return undefined;
  }
  const [value, base] = [line.values[i], line.values[baseline]];
  return typeof value === 'number' && typeof base === 'number'
    ? value - base
    : undefined;
}

/** The comparison as text for a file. */
export function comparisonCsv(
  runs: readonly IRunHead[],
  lines: readonly ICompareLine[]
): string {
  return csvText([
    ['', '', ...runs.map(run => run.name)],
    ['', 'run_id', ...runs.map(run => run.run_id)],
    ...lines.map(line => [line.area, line.key, ...line.values])
  ]);
}
