/**
 * Runs on the wire: finding, drawing and keeping them. Times are integer milliseconds UTC; an absent value is left out.
 * Numbers JSON has no word for are the texts `NaN`, `Infinity` and `-Infinity`.
 */
import type { IColumn, IColumnarPage, IRunColumn } from './types';

/** A number, or the text of one that JSON cannot hold. */
export type Figure = number | string;

export type RunStatus =
  'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

// -- finding ----------------------------------------------------------------------------------

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

// -- charts -----------------------------------------------------------------------------------

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

// -- keeping ----------------------------------------------------------------------------------

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
