/** Runs side by side, and what differs between two of them; figures and times as in `types.runs`. */
import type { Cell } from './types';
import type { Figure } from './types.runs';

export interface IRunHead {
  run_id: string;
  name: string;
  experiment_id: string;
  experiment_name: string;
  status: string;
  start_time?: number;
  duration_ms?: number;
  notebook?: string;
  user?: string;
}

/** A value of each run in the order of the runs. */
export interface ICompareRow {
  key: string;
  values: Cell[];
  differs: boolean;
}

export interface IRunsComparison {
  runs: IRunHead[];
  params: ICompareRow[];
  metrics: ICompareRow[];
  tags: ICompareRow[];
  attributes: ICompareRow[];
}

export type Change = 'same' | 'added' | 'removed' | 'changed' | 'moved';

export interface ICellDiff {
  change: Change;
  cell_id?: string;
  a_position?: number;
  b_position?: number;
  a_source?: string;
  b_source?: string;
  /** Unified, without head lines. */
  diff: string;
  is_run: boolean;
}

export interface IDataDiff {
  name: string;
  kind: string;
  direction: string;
  change: Change;
  a_version?: number;
  b_version?: number;
  a_rows?: number;
  b_rows?: number;
  a_fingerprint?: string;
  b_fingerprint?: string;
  columns_added: string[];
  columns_removed: string[];
  columns_retyped: string[];
}

export interface IValueDiff {
  key: string;
  change: Change;
  a?: string;
  b?: string;
}

export interface IMetricDiff {
  key: string;
  change: Change;
  a?: Figure;
  b?: Figure;
  difference?: Figure;
  standard_errors?: Figure;
  better?: 'a' | 'b';
}

export interface IRunGit {
  commit?: string;
  branch?: string;
  dirty?: boolean;
  repository?: string;
}

export type DiffArea =
  | 'cells'
  | 'data'
  | 'environment'
  | 'git'
  | 'params'
  | 'metrics'
  | 'tags'
  | 'artifacts';

export interface IRunDiff {
  a: IRunHead;
  b: IRunHead;
  cells: ICellDiff[];
  data: IDataDiff[];
  environment: IValueDiff[];
  git_a: IRunGit;
  git_b: IRunGit;
  git_commits: string[];
  params: IValueDiff[];
  metrics: IMetricDiff[];
  tags: IValueDiff[];
  artifacts: IValueDiff[];
  /** Areas in which nothing differs. */
  same: string[];
  /** What could not be compared, and why. */
  notes: string[];
}
