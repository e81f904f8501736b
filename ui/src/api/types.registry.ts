/** Shapes of the registry and of serving. */
import type { Cell } from './types';

export interface IModelSummary {
  name: string;
  description?: string;
  latest_version?: string | number;
  aliases: Record<string, string | number>;
  open_requests: number;
  updated_at: number;
}

export interface IVersionMetric {
  metric: string;
  value: Cell;
  dataset?: string;
}

export interface IModelVersion {
  version: string | number;
  stage: string;
  aliases: string[];
  status: string;
  run_id?: string;
  user?: string;
  description?: string;
  created_at: number;
  metrics: IVersionMetric[];
}

export interface ITransitionRequest {
  id: string;
  version: string | number;
  target: string;
  creator: string;
  comment?: string;
  state: string;
  created_at: number;
  closed_by?: string;
  approved_by?: string[];
  missing_roles?: string[];
}

export interface IModel {
  name: string;
  description?: string;
  tags: Record<string, string>;
  aliases: Record<string, string | number>;
  created_at: number;
  updated_at: number;
  versions: IModelVersion[];
  requests: ITransitionRequest[];
}

export interface IActivity {
  id: string | number;
  time: number;
  actor: string;
  activity_type: string;
  version?: string | number;
  to?: string;
  comment?: string;
  /** Made outside the workflow and only noticed. */
  observed?: boolean;
  /** The activity in words. */
  text?: string;
}

export interface IGateResult {
  gate: string;
  status: string;
  observed?: Cell;
  required?: Cell;
  /** What the judgement rests on, such as `evaluation:7f…`. */
  evidence?: string;
  message: string;
  hint?: string;
}

export interface IGateReport {
  passed: boolean;
  results: IGateResult[];
  scope_name?: string;
  scope_version?: number;
}

export type EndpointState = 'READY' | 'NOT_READY' | 'FAILED' | 'STOPPED';

export interface IEndpointSummary {
  name: string;
  state: EndpointState;
  message?: string;
  url?: string;
  model_name: string;
  model_version: string | number;
  requests: number;
  errors: number;
  updated_at: number;
}

export interface IEndpoint extends IEndpointSummary {
  inputs: { name: string; type: string; required: boolean }[];
  example?: { dataframe_split: { columns: string[]; data: Cell[][] } };
  curl: string;
  python: string;
  latency: { p50?: number; p95?: number; p99?: number };
  inference_table?: string;
  updating_to?: number;
  created_at: number;
  process: { pid?: number; since?: number };
  events: { time: number; action: string; message: string }[];
}

export interface ITraffic {
  step_s: number;
  entities: {
    name: string;
    t: number[];
    requests: number[];
    e4xx: number[];
    e5xx: number[];
    p50: (number | null)[];
    p95: (number | null)[];
    p99: (number | null)[];
  }[];
}
