/** Shapes of monitoring and of jobs. */

export type MonitorState = 'ok' | 'alert' | 'learning' | 'unknown';

export interface IMonitorSummary {
  table_name: string;
  status: string;
  profile_type: string;
  granularities: string[];
  last_refresh?: number;
  state: MonitorState;
  drifted_columns: number;
  alerts_open: number;
}

export interface IRefresh {
  refresh_id: string | number;
  state: string;
  start_time_ms?: number;
  end_time_ms?: number;
  message?: string;
  trigger: string;
  rows?: number;
  windows?: number;
  cpu_seconds?: number;
  peak_mb?: number;
}

/** What a rule asks: the condition must hold in `k` of the last `n` closed windows. */
export interface IAlertRule {
  metric: string;
  direction: string;
  threshold: number;
  columns?: string[];
  granularity?: string;
  k: number;
  n: number;
  min_rows: number;
  severity: string;
}

/** What a rule saw in one window of one column. */
export interface IWindowVerdict {
  start: number;
  end: number;
  column: string;
  value?: number;
  lower?: number;
  upper?: number;
  rows: number;
  holds: boolean;
  why: string;
}

export interface IAlert {
  id: string;
  table_name: string;
  name: string;
  rule: IAlertRule;
  state: string;
  enabled: boolean;
  last_value?: number;
  last_evaluated?: number;
  since?: number;
  evidence: IWindowVerdict[];
}

export interface IDecision {
  id: string | number;
  time: number;
  decision: string;
  decided_by: string;
  reason: string;
  evidence: Record<string, unknown>;
}

export interface ILabelSource {
  table: string;
  request_id_col: string;
  label_col: string;
}

export interface ITimeProfile {
  timestamp_col: string;
  granularities: string[];
}

export interface IInferenceProfile extends ITimeProfile {
  problem_type: string;
  prediction_col: string;
  model_id_col: string;
  label_col?: string;
  labels?: ILabelSource;
}

export interface IMonitor {
  table_name: string;
  status: string;
  state: string;
  /** One sentence: what has drifted and which alerts are triggered. */
  summary: string;
  drifted_columns: string[];
  profile_metrics_table_name: string;
  drift_metrics_table_name: string;
  baseline_table_name?: string;
  latest_monitor_failure_msg?: string;
  slicing_exprs: string[];
  snapshot?: object;
  time_series?: ITimeProfile;
  inference_log?: IInferenceProfile;
  refreshes: IRefresh[];
  alerts: IAlert[];
  decisions: IDecision[];
}

export interface IWindowSpan {
  start: number;
  end: number;
}

/** One row of values per column; `drifted` says where a value is past the threshold and more than chance. */
export interface IDrift {
  metric: string;
  granularity?: string;
  threshold?: number;
  windows: IWindowSpan[];
  columns: string[];
  values: (number | null)[][];
  drifted: boolean[][];
}

export interface IMonitorSeries {
  metric: string;
  column: string;
  granularity?: string;
  t: number[];
  series: { name: string; values: (number | null)[] }[];
  threshold?: number;
}

export interface IJobRunSummary {
  run_id: number;
  job_id: number;
  name: string;
  state: string;
  result?: string;
  created_at: number;
  start_time?: number;
  end_time?: number;
  cells_done: number;
  cells_total: number;
}

export interface IJob {
  job_id: number;
  name: string;
  notebook?: string;
  created_at: number;
  last_run?: IJobRunSummary;
}

export interface IJobCell {
  index: number;
  cell_id?: string;
  cell_type: string;
  source: string;
  state: 'pending' | 'running' | 'done' | 'error';
  started?: number;
  ended?: number;
  outputs_text?: string;
}

export interface IJobRun extends IJobRunSummary {
  parameters: Record<string, unknown>;
  attempt: number;
  creator: string;
  message?: string;
  error?: string;
  error_trace?: string;
  notebook?: string;
  cells: IJobCell[];
}

/** What the form of *Export as job* is filled from. */
export interface INotebookCheck {
  path: string;
  kernel: string;
  cells: number;
  parameters: { name: string; default?: unknown; type: string }[];
}
