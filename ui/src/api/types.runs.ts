/**
 * Runs on the wire: finding, comparing, keeping, repeating and judging them. Times are integer milliseconds UTC; an absent
 * value is left out. Numbers JSON has no word for are the texts `NaN`, `Infinity` and `-Infinity`.
 */
import type { Cell, IColumn, IColumnarPage, IRunColumn } from './types';
import type { IGateResult } from './types.registry';

/** A number, or the text of one that JSON cannot hold. */
export type Figure = number | string;

export type RunStatus =
  'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

// -- finding -----------------------------------------------------------------------------------

export interface IRunSearch {
  experiment_ids?: readonly string[];
  filter?: string;
  order_by?: readonly string[];
  columns?: readonly string[];
  offset?: number;
  limit?: number;
  /** Only runs in one of these states. */
  state?: readonly RunStatus[];
  /** Those in the trash instead of the others. */
  deleted?: boolean;
  /** Only what this run contains; an empty text: only runs that are in no other. */
  parent?: string;
  /** A column: what comes back is one group for each of its values. */
  group_by?: string;
}

/** A metric over the runs of a group. */
export interface IAggregate {
  mean?: Figure;
  min?: Figure;
  max?: Figure;
  count?: number;
}

export interface IRunGroup {
  /** Absent for the runs that have none. */
  value?: string;
  runs: number;
  ids: string[];
  metrics?: Record<string, IAggregate>;
}

/** A block of runs; `children` counts the runs that a run contains. */
export interface IRunBlock extends IColumnarPage {
  children?: Record<string, number>;
  pinned?: string[];
  groups?: IRunGroup[];
}

export type RunColumnKind = 'metrics' | 'params' | 'tags' | 'attributes';

export interface IRunColumns {
  columns: IRunColumn[];
  truncated: boolean;
}

export interface IFilterCheck {
  ok: boolean;
  message?: string;
  hint?: string;
  /** The part that is wrong, in code points. */
  position?: number;
  end?: number;
}

// -- charts ------------------------------------------------------------------------------------

export interface IFrameQuery {
  experiment_ids?: readonly string[];
  filter?: string;
  /** At most 20. */
  columns: readonly string[];
  max_points?: number;
  /** Runs that are there in any case. */
  keep?: readonly string[];
  state?: readonly RunStatus[];
}

/** A few columns of all runs that a filter leaves; `sampled`: of a fair part of them. */
export interface IRunFrame {
  ids: string[];
  columns: IColumn[];
  total: number;
  sampled: boolean;
  as_of?: number;
}

export type CurveAxis = 'step' | 'time' | 'relative_time';

export interface ISeriesQuery {
  run_ids: readonly string[];
  metrics: readonly string[];
  x?: CurveAxis;
  max_points?: number;
}

/** A metric of one run, thinned so that its extremes survive. */
export interface ICurve {
  run_id: string;
  metric: string;
  x: number[];
  y: number[];
  total: number;
  nan: number;
  thinned: boolean;
}

export interface ICurveList {
  curves: ICurve[];
  x: CurveAxis;
}

// -- comparing ---------------------------------------------------------------------------------

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

// -- keeping -----------------------------------------------------------------------------------

export type RunAction =
  | 'tag'
  | 'untag'
  | 'pin'
  | 'unpin'
  | 'rename'
  | 'annotate'
  | 'move'
  | 'trash'
  | 'restore'
  | 'purge';

export interface IActionQuery {
  action: RunAction;
  run_ids: readonly string[];
  /** Of a tag. */
  key?: string;
  value?: string;
  name?: string;
  note?: string;
  /** Where runs are moved to, by name or id. */
  experiment?: string;
  dry_run?: boolean;
}

export interface IRefusal {
  run_id: string;
  name: string;
  reason: string;
}

export interface IActionReport {
  action: RunAction;
  changed: string[];
  refused: IRefusal[];
}

export interface IPurgeItem {
  run_id: string;
  name: string;
  experiment_name: string;
  deleted_at?: number;
  artifact_bytes: number;
  model_bytes: number;
  models: string[];
}

export interface IPurgePlan {
  id: string;
  state: 'PREVIEW' | 'RUNNING' | 'DONE';
  runs: IPurgeItem[];
  refused: IRefusal[];
  bytes: number;
}

export interface IRunUsage {
  run_id: string;
  name: string;
  artifact_bytes: number;
  model_bytes: number;
  deleted: boolean;
}

export interface IUsage {
  experiment_id: string;
  experiment_name: string;
  runs: number;
  deleted_runs: number;
  artifact_bytes: number;
  model_bytes: number;
  deleted_bytes: number;
  largest: IRunUsage[];
}

export interface IRunArtifact {
  path: string;
  size?: number;
}

// -- the notebook of a run, and repeating it ---------------------------------------------------

export interface INotebookRun {
  run_id: string;
  name: string;
  status: string;
  start_time?: number;
  end_time?: number;
  cell_id?: string;
  /** Of the cell as it was executed. */
  code_sha256?: string;
  reproducible?: Reproducible;
  metrics: Record<string, Figure>;
  params: Record<string, string>;
  note?: string;
  /** The run it repeats, when it is a replay. */
  replay_of?: string;
  models: number;
}

/** The runs of one notebook, newest first. */
export interface INotebookRuns {
  runs: INotebookRun[];
  path: string;
  experiment_id?: string;
}

export type Reproducible =
  'clean' | 'out_of_order' | 'edited' | 'deleted' | 'unknown';

export interface IExecutedCell {
  position: number;
  cell_id?: string;
  execution_count?: number;
  source: string;
  sha256: string;
  stored: string[];
  loaded: string[];
  changed: string[];
  started_at?: number;
  duration_ms?: number;
  success: boolean;
  is_run: boolean;
  in_closure: boolean;
  standing: 'same' | 'edited' | 'deleted' | 'unknown';
  document_position?: number;
}

export interface IRunSourceCode {
  run_id: string;
  notebook_path?: string;
  notebook_deleted: boolean;
  revision?: string;
  stale: boolean;
  has_notebook: boolean;
  reproducible: Reproducible;
  reasons: string[];
  cells: IExecutedCell[];
  closure: number[];
  git_diff: string;
  cell?: string;
}

/** A notebook as it was kept with a run. */
export interface INotebookFile {
  cells: {
    id?: string;
    cell_type: string;
    source: string | string[];
    metadata?: Record<string, Cell>;
    outputs?: Cell[];
    execution_count?: number | null;
  }[];
  metadata: Record<string, Cell>;
  nbformat: number;
  nbformat_minor: number;
}

export type ReplayVerdict =
  'IDENTICAL' | 'WITHIN_TOLERANCE' | 'DIFFERENT' | 'FAILED';

export interface IReplayOptions {
  mode?: 'cells' | 'notebook';
  env?: 'same' | 'locked';
  data?: 'pinned' | 'latest';
  rtol?: number;
  atol?: number;
}

export interface ICause {
  kind: 'code' | 'data' | 'environment' | 'seeds' | 'unexplained';
  message: string;
  details: string[];
}

export interface IReplayReport {
  replay_run_id: string;
  run_id: string;
  state: 'QUEUED' | 'RUNNING' | 'ENDED' | 'STOPPED';
  verdict?: ReplayVerdict;
  mode: 'cells' | 'notebook';
  env: 'same' | 'locked';
  data: 'pinned' | 'latest';
  rtol: number;
  atol: number;
  params: IValueDiff[];
  metrics: IMetricDiff[];
  models: IValueDiff[];
  causes: ICause[];
  warnings: string[];
  error?: { [key: string]: Cell };
  created_by: string;
  created_at: number;
  ended_at?: number;
}

// -- runs in a process of their own ------------------------------------------------------------

export interface IBackgroundCell {
  index: number;
  source: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped';
  duration_ms?: number;
  line: string;
}

export interface IBackgroundInfo {
  run_id: string;
  name: string;
  state: 'QUEUED' | 'RUNNING' | 'STOPPING' | 'ENDED';
  status: string;
  purpose: 'run' | 'replay';
  executor: string;
  created_at: number;
  started_at?: number;
  ended_at?: number;
  timeout_s?: number;
  log_bytes: number;
  cells: IBackgroundCell[];
  error?: { [key: string]: Cell };
}

export interface IBackgroundQuery {
  code: string;
  name?: string;
  cells_above?: readonly string[];
  timeout?: number;
  experiment?: string;
}

/** A part of what a run printed, by bytes. */
export interface ILogPart {
  text: string;
  offset: number;
  next_offset: number;
  total: number;
  done: boolean;
}

// -- evaluation --------------------------------------------------------------------------------

export interface ICurveRow {
  name: string;
  x_label: string;
  y_label: string;
  x: number[];
  y: number[];
  counts?: number[];
}

export interface ISliceFigure {
  slice_key: string;
  slice_value: string;
  n: number;
  metric: string;
  value: Figure;
  lower?: Figure;
  upper?: Figure;
}

/** A fairness figure of a protected group, and how far it is from everybody else's. */
export interface IGroupFact {
  group_key: string;
  group_value: string;
  metric: string;
  value: Figure;
  difference: Figure;
  n: number;
  rest: number;
  lower?: Figure;
  upper?: Figure;
}

export interface IEvaluationResult {
  id: string;
  run_id?: string;
  model_uri?: string;
  model_type: string;
  data: string;
  data_version?: number;
  n_rows: number;
  dropped_rows: number;
  targets: string;
  metrics: Record<string, Figure>;
  intervals: Record<string, [Figure, Figure]>;
  slices: ISliceFigure[];
  fairness: IGroupFact[];
  primary?: string;
  worst?: ISliceFigure;
  changes: Record<string, Figure>;
  curves: ICurveRow[];
  figures: string[];
  notes: string[];
  /** What the thresholds asked for, one line each. */
  validation?: IGateResult[];
  /** What the predictions rest on, the greatest first. */
  importances?: {
    column: string;
    value: Figure;
    lower?: Figure;
    upper?: Figure;
  }[];
  /** The score from which on the model says yes, when it is not a half. */
  threshold?: Figure;
  baseline_uri?: string;
  look?: number;
  looks_allowed?: number;
  optimism?: number;
  created_by?: string;
  created_at: number;
}

export type ComparisonVerdict =
  'BETTER' | 'NOT_WORSE' | 'WORSE' | 'INCONCLUSIVE';

export interface IMetricComparison {
  metric: string;
  challenger: Figure;
  champion: Figure;
  difference: Figure;
  lower?: Figure;
  upper?: Figure;
  verdict: ComparisonVerdict;
  greater_is_better: boolean;
  rows_needed?: number;
}

export interface IModelComparison {
  id: string;
  challenger_uri?: string;
  champion_uri?: string;
  data: string;
  data_version?: number;
  n_rows: number;
  margin: number;
  primary: string;
  verdict: ComparisonVerdict;
  metrics: IMetricComparison[];
  look?: number;
  looks_allowed?: number;
  notes: string[];
  created_by: string;
  created_at: number;
}

export interface IModelComparisonQuery {
  challenger: string;
  champion: string;
  data?: string;
  targets: string;
  metrics?: readonly string[];
  holdout?: boolean;
  margin?: number;
}

export interface IThreshold {
  value: number;
  rule: string;
  precision?: number;
  recall?: number;
  positive_rate?: number;
  cost?: number;
  model_uri?: string;
  evaluation_id?: string;
  curve?: ICurveRow;
}

export interface IThresholdQuery {
  /** What a wrong yes and a wrong no cost. */
  cost?: { false_positive: number; false_negative: number };
  precision?: number;
  recall?: number;
  store?: boolean;
}

export interface ICardFact {
  id: string;
  section: string;
  label: string;
  value?: Cell;
  source: string;
  sha256: string;
}

export interface IModelCard {
  run_id: string;
  title: string;
  facts: ICardFact[];
  markdown: string;
  sha256: string;
  created_at: number;
}

export interface ICardCheck {
  valid: boolean;
  changed: string[];
  missing: string[];
}
