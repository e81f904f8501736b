/** Profiles, comparisons and the questions asked behind them, as the server tells them. */
import type { Cell } from './types';

export type ColumnKind =
  'numeric' | 'categorical' | 'boolean' | 'datetime' | 'text' | 'other';

export type Severity = 'INFO' | 'WARNING' | 'BLOCKED';

/** Counted over all rows, within a stated bound of that, or from a sample of the rows. */
export type Basis = 'exact' | 'bound' | 'sample';

export interface IProfileSource {
  kind: 'table' | 'view' | 'query' | 'frame' | 'file';
  name: string;
  version?: number;
  digest?: string;
}

export interface IHistogram {
  edges: number[];
  counts: number[];
  below?: number;
  above?: number;
}

export interface IItem {
  item: string;
  count: number;
}

export interface IShapeBin {
  label: string;
  rows: number;
  mean: number;
  lower: number;
  upper: number;
}

export interface IAssociation {
  metric: 'auc' | 'r2';
  value: number;
  lower: number;
  upper: number;
  raw?: number;
  missing?: number;
  mutual_information?: number;
  /** Why the column cannot be used when the model is asked. */
  unavailable?: string;
  shape?: IShapeBin[];
}

export interface IOutliers {
  low: number;
  high: number;
  count: number;
  share: number;
  mad_low?: number;
  mad_high?: number;
  mad_count?: number;
  mad_share?: number;
}

export interface IColumnProfile {
  column_name: string;
  data_type: string;
  kind: ColumnKind;
  semantic?: string;
  count: number;
  num_nulls: number;
  /** Of all rows, 0 to 100. */
  percent_null: number;
  distinct_count?: number;
  percent_distinct?: number;
  num_nan?: number;
  num_inf?: number;
  num_zeros?: number;
  percent_zeros?: number;
  num_negative?: number;
  min?: number | string;
  max?: number | string;
  avg?: number | string;
  stddev?: number;
  skew?: number;
  kurtosis?: number;
  median?: number | string;
  quantiles?: Record<string, number | string>;
  histogram?: IHistogram;
  frequent_items?: IItem[];
  min_length?: number;
  max_length?: number;
  avg_length?: number;
  outliers?: IOutliers;
  extremes?: { value: number | string; row?: number; key?: string }[];
  monotonic?: 'increasing' | 'decreasing';
  bin_width?: number;
  distinct_error?: number;
  masked?: boolean;
  association?: IAssociation;
  basis?: Record<string, Basis>;
}

export interface IFinding {
  id: string;
  code: string;
  severity: Severity;
  message: string;
  hint?: string;
  column?: string;
  other?: string;
  score?: number;
  evidence?: Record<string, unknown>;
  code_pandas?: string;
  code_pipeline?: string;
  code_sql?: string;
  state?: 'open' | 'dismissed';
  reason?: string;
  decided_by?: string;
  decided_at?: number;
}

export interface ICorrelation {
  left: string;
  right: string;
  measure: string;
  value: number;
  pearson?: number;
  spearman?: number;
}

export interface ICorrelations {
  columns?: string[];
  matrix?: (number | null)[][];
  pairs?: ICorrelation[];
  rows?: number;
  left_out?: number;
}

export interface IMissingTogether {
  groups?: {
    columns: string[];
    rows: number;
    agreement: number;
    /** The target where they are missing, and where they are not. */
    target?: number;
    lower?: number;
    upper?: number;
    other?: number;
  }[];
  patterns?: {
    columns: string[];
    rows: number;
    share: number;
    target?: number;
    lower?: number;
    upper?: number;
  }[];
  complete_rows: number;
  rows: number;
}

export interface IPeriod {
  label?: string;
  start: string;
  end: string;
  rows: number;
  target?: number;
  lower?: number;
  upper?: number;
  /** The target differs here from the other periods. */
  differs?: boolean;
}

export interface IColumnDrift {
  column: string;
  against_first: (number | null)[];
  against_previous: (number | null)[];
  worst: number;
  psi: number;
  js?: number;
  p_adjusted?: number;
  differs?: boolean;
  /** Positions of the periods that differ. */
  periods?: number[];
  /** It says what time it is, so it must change. */
  follows_time?: boolean;
}

export interface ITimeline {
  column: string;
  start: string;
  end: string;
  /** Usual distance of neighbouring times, in seconds. */
  step?: number;
  gaps?: { start: string; end: string; steps: number }[];
  duplicates?: number;
  future?: number;
  periods?: IPeriod[];
  drift?: IColumnDrift[];
}

export interface ISlice {
  /** A value, or a range with both its ends. */
  conditions: { column: string; value: string; low?: number; high?: number }[];
  rows: number;
  target: number;
  lower: number;
  upper: number;
  high: boolean;
}

export interface IHoldoutNote {
  id?: string;
  table?: string;
  excluded?: number;
  total?: number;
  known?: boolean;
  included?: string;
  look?: number;
  looks_allowed?: number;
  note?: string;
}

export interface ILearningCurve {
  metric: string;
  points: { rows: number; value: number; lower: number; upper: number }[];
  gain?: number;
  gain_lower?: number;
  gain_upper?: number;
  verdict?: string;
}

export interface ITarget {
  column: string;
  task: 'classification' | 'regression';
  positive?: string;
  classes?: IItem[];
  base?: number;
  rows: number;
}

export interface IProfile {
  id: string;
  source: IProfileSource;
  rows: number;
  columns: IColumnProfile[];
  complete?: boolean;
  target?: ITarget;
  time_column?: string;
  group?: string;
  scope?: string;
  correlations?: ICorrelations;
  missing_together?: IMissingTogether;
  timeline?: ITimeline;
  slices?: ISlice[];
  learning_curve?: ILearningCurve;
  findings?: IFinding[];
  missing_cells?: number;
  duplicates?: {
    rows: number;
    share: number;
    lower?: number;
    upper?: number;
    basis?: Basis;
    examples?: { values: Record<string, string>; count: number }[];
  };
  duplicate_rows?: number;
  memory_bytes?: number;
  sample_rows?: number;
  holdout?: IHoldoutNote;
  notes?: string[];
  options_sha?: string;
  created_at: number;
  timing: { seconds: number; cpu_seconds: number };
}

/** A stored profile as a list shows it. */
export interface IProfileInfo {
  id: string;
  /** `comparison` where another source is laid beside it. */
  source_kind?: string;
  source_name: string;
  source_version?: number;
  target?: string;
  time_column?: string;
  state: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'STOPPED';
  rows?: number;
  columns?: number;
  complete: boolean;
  error?: { message?: string; hint?: string };
  created_at: number;
  actor: string;
  findings?: Partial<Record<Severity, number>>;
}

export interface IProfileQuery {
  source: string;
  version?: number;
  target?: string;
  time_column?: string;
  group?: string;
  columns?: string[];
}

export interface IComparisonQuery {
  source: string;
  right: string;
  target?: string;
}

export interface IDrillFilter {
  column: string;
  op:
    | '='
    | '<>'
    | '<'
    | '<='
    | '>'
    | '>='
    | 'between'
    | 'in'
    | 'contains'
    | 'starts_with'
    | 'is_null'
    | 'is_not_null';
  value?: number | string | boolean;
  values?: (number | string | boolean)[];
}

export type DrillKind =
  'hist' | 'bars' | 'box' | 'scatter' | 'cross' | 'over_time' | 'rows';

/** A typed question about the rows behind a profile. */
export interface IDrill {
  kind: DrillKind;
  x?: string;
  y?: string;
  by?: string;
  aggregate?: 'count' | 'sum' | 'mean' | 'min' | 'max' | 'median';
  filters?: readonly IDrillFilter[];
  bins?: number;
  /** Of a histogram: count between these. */
  edges?: readonly number[];
  limit?: number;
}

export interface IDrillResult {
  kind: string;
  columns: Record<string, Cell[]>;
  types?: Record<string, string>;
  /** Rows that satisfy the conditions. */
  total: number;
  sampled?: boolean;
  seconds?: number;
}

export interface ISide {
  name: string;
  source: IProfileSource;
  rows: number;
  sample_rows: number;
  holdout?: IHoldoutNote;
}

export interface IColumnDifference {
  column: string;
  kind: ColumnKind;
  psi?: number;
  js?: number;
  ks?: number;
  wasserstein?: number;
  tv?: number;
  chi2?: number;
  p_adjusted?: number;
  delta_null?: number;
  delta_avg?: number;
  verdict: 'same' | 'differs' | 'unknown';
  words?: string;
  /** It says when a row happened, so it must differ. */
  follows_time?: boolean;
  labels?: string[];
  left?: number[];
  right?: number[];
}

/** Two tables, versions or splits laid side by side. */
export interface IDataComparison {
  id: string;
  left: ISide;
  right: ISide;
  target?: string;
  /** The verdict in a sentence. */
  words?: string;
  columns: IColumnDifference[];
  schema?: {
    added?: string[];
    removed?: string[];
    retyped?: [string, string, string][];
  };
  overlap?: {
    rows?: number;
    share?: number;
    groups?: number;
    groups_total?: number;
    time_start?: string;
    time_end?: string;
  };
  separability?: {
    auc: number;
    lower: number;
    upper: number;
    top?: [string, number][];
  };
  findings?: IFinding[];
  notes?: string[];
  created_at: number;
  timing: { seconds: number; cpu_seconds: number };
}
