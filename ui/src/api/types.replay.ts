/** The code of a run, runs in a process of their own, and runs made again; figures and times as in `types.runs`. */
import type { Cell } from './types';
import type { IMetricDiff, IValueDiff } from './types.compare';
import type { Figure } from './types.runs';

// -- the notebook of a run, and repeating it --------------------------------------------------

export interface INotebookRun {
  run_id: string;
  name: string;
  status: string;
  start_time?: number;
  end_time?: number;
  cell_id?: string;
  /** Of the cell as it was executed. */
  code_sha256?: string;
  /** As the run's tag says it: one of `Reproducible`, or what anybody wrote there. */
  reproducible?: string;
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

// -- runs in a process of their own -----------------------------------------------------------

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

/** A part of what a run printed, by bytes. */
export interface ILogPart {
  text: string;
  offset: number;
  next_offset: number;
  total: number;
  done: boolean;
}
