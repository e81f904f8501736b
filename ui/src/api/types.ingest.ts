/** Shapes of ingestion: what a load would do, and what one did. */

export interface IIngestOptions {
  format?: string;
  types?: Record<string, string>;
  max_rejects?: number;
  force?: boolean;
  merge_schema?: boolean;
  nulls?: string[];
  delimiter?: string;
  header?: boolean;
  encoding?: string;
  date_format?: string;
  pattern?: string;
}

export type IngestMode = 'append' | 'create' | 'replace';

export interface IPlanColumn {
  name: string;
  source_name: string;
  type: string;
  /** Why this type, in words. */
  reason: string;
  samples: string[];
  missing: number;
  /** Types that hold every value, the chosen one first. */
  choices: string[];
  warnings: string[];
  in_table?: 'same' | 'new' | 'cast' | 'conflict';
}

export interface IReject {
  file: string;
  line?: number;
  column?: string;
  error_type: string;
  reason: string;
  raw: string;
}

export interface IRefusal {
  error_code: string;
  message: string;
  hint?: string;
}

export interface IIngestPlan {
  source: string[];
  suggested_name: string;
  files: {
    path: string;
    format: string;
    size: number;
    rows: number;
    rejected: number;
    loaded_before: boolean;
    dialect?: Record<string, unknown>;
  }[];
  columns: IPlanColumn[];
  rows: (string | null)[][];
  num_rows: number;
  rejected: number;
  rejects: IReject[];
  max_rejects: number;
  refused?: IRefusal;
  table?: {
    name: string;
    exists: boolean;
    version?: number;
    missing_columns: string[];
  };
  warnings: string[];
  complete: boolean;
}

export interface IIngestRequest extends IIngestOptions {
  source: readonly string[];
  name: string;
  mode: IngestMode;
}

export interface IIngestReport {
  table: string;
  version: number;
  rows: number;
  rejected: number;
  rejects_table?: string;
  ingest_id?: string;
  files: { path: string; rows: number; rejected: number }[];
  skipped_files: string[];
}

export interface IIngestRun {
  id: string;
  state: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';
  table: string;
  source: string[];
  mode: string;
  actor: string;
  started_at: number;
  ended_at?: number;
  progress: { done: number; total: number; message: string };
  report?: IIngestReport;
  error?: IRefusal;
}
