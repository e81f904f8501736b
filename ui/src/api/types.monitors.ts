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
}

export interface IDecision {
  id: string | number;
  time: number;
  decision: string;
  reason: string;
  evidence: Record<string, unknown>;
}

export interface IMonitor {
  table_name: string;
  status: string;
  refreshes: IRefresh[];
  alerts: Record<string, unknown>[];
  decisions: IDecision[];
  [key: string]: unknown;
}

export interface IDrift {
  metric: string;
  granularity?: string;
  threshold?: number;
  windows: { start: number; end: number }[];
  columns: string[];
  values: (number | null)[][];
}

export interface IMonitorSeries {
  metric: string;
  column: string;
  granularity?: string;
  t: number[];
  series: { name: string; values: (number | null)[] }[];
  threshold?: number;
}

export interface IJob {
  job_id: string | number;
  name: string;
  notebook?: string;
  created_at: number;
  last_run?: {
    run_id: string | number;
    state: string;
    result?: string;
    start_time?: number;
    end_time?: number;
  };
}

export interface IJobRunSummary {
  run_id: string | number;
  job_id: string | number;
  name: string;
  state: string;
  result?: string;
  start_time?: number;
  end_time?: number;
  cells_done: number;
  cells_total: number;
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
  error?: string;
  notebook?: string;
  cells: IJobCell[];
}
