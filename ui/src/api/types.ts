/**
 * Shapes on the wire, one name per shape. Times are integer milliseconds UTC; an absent value is
 * left out, never null, except inside the arrays of a page.
 */

/** A JSON number, or one of the texts JSON has no number for. */
export type Cell =
  number | string | boolean | null | Cell[] | { [key: string]: Cell };

export interface IColumn {
  key: string;
  type: string;
  values: Cell[];
}

/** A block of rows by column; `total` counts all rows, not the block's. */
export interface IColumnarPage {
  total: number;
  offset: number;
  ids: string[];
  columns: IColumn[];
  as_of?: number;
  version?: number;
  /** The query that shows the same rows in a cell. */
  sql?: string;
}

// -- workspace ---------------------------------------------------------------------------------

export interface IStatus {
  api: number;
  version: string;
  workspace: {
    id: string;
    path: string;
    state: 'ready' | 'migrating' | 'error';
    error?: string;
  };
  supervisor: { running: boolean; pid?: number; since?: number };
  user: string;
  counts: { running: number; requests: number; alerts: number };
}

export interface IJournalEvent {
  id: number;
  time: number;
  actor: string;
  action: string;
  subject: string;
  summary: string;
}

export interface IJournalPage {
  events: IJournalEvent[];
  last_id: number;
  gap: boolean;
}

export interface IProgress {
  subject: string;
  state: string;
  done: number;
  total: number;
  message: string;
}

// -- catalog -----------------------------------------------------------------------------------

export type NodeKind =
  'catalog' | 'schema' | 'table' | 'view' | 'volume' | 'function' | 'model';

/** What is in a schema is shown in these groups; a view stands among the tables. */
export type NodeGroup = 'table' | 'volume' | 'function' | 'model';

export interface ITreeNode {
  address: string;
  name: string;
  kind: NodeKind;
  children: boolean;
  comment?: string;
  /** A function's result, a model's newest version. */
  detail?: string;
  badge?: string;
  num_rows?: number;
  /** What is in a schema, by group. */
  counts?: Partial<Record<NodeGroup, number>>;
}

export interface ITreePage {
  nodes: ITreeNode[];
  next_page_token?: string;
}

/** An object that was dropped and can come back until a time. */
export interface IDropped {
  kind: NodeKind;
  full_name: string;
  name: string;
  dropped_at: number;
  dropped_by: string;
  until: number;
  num_rows?: number;
  size_bytes?: number;
}

/** Where an object is after it was made, renamed or brought back. */
export interface IObjectAddress {
  kind: NodeKind;
  full_name: string;
  address: string;
}

export interface ISearchHit {
  address: string;
  kind: string;
  name: string;
  full_name: string;
  where: string;
  /** The text that matched, the match in ⟦…⟧. */
  snippet: string;
  matched: string;
  badge?: string;
}

export interface ISearchPage {
  hits: ISearchHit[];
  next_page_token?: string;
}

export interface ICompletion {
  /** Counted in code points, as Python counts. */
  start: number;
  end: number;
  items: { text: string; type: string; doc?: string }[];
}

export interface ITableColumn {
  name: string;
  type_text: string;
  nullable: boolean;
  comment?: string;
  key?: 'primary' | 'timeseries';
}

export interface ITable {
  full_name: string;
  name: string;
  catalog_name: string;
  schema_name: string;
  table_type: string;
  owner: string;
  comment?: string;
  version: number;
  num_rows?: number;
  size_bytes?: number;
  num_files?: number;
  created_at: number;
  updated_at: number;
  primary_key: string[];
  timeseries?: string;
  storage_location: string;
  properties: Record<string, string>;
  constraints?: { name: string; expression: string }[];
  view_definition?: string;
  columns: ITableColumn[];
}

export interface ICommit {
  version: number;
  timestamp: number;
  operation: string;
  user?: string;
  notebook?: string;
  cell?: string;
  job?: string;
  run_id?: string;
  statement_id?: string;
  metrics: Record<string, Cell>;
  parameters: Record<string, Cell>;
  /** Who needs this version: its files stay. */
  pins?: string[];
}

// -- scope -------------------------------------------------------------------------------------

/** The part of a scope card that lists and pictures go by. */
export interface IScope {
  name: string;
  card: { metrics: { name: string; primary: boolean }[] };
}

// -- training ----------------------------------------------------------------------------------

export interface IExperiment {
  experiment_id: string;
  name: string;
  runs: number;
  last_update_time?: number;
}

export interface IRunColumn {
  key: string;
  type: string;
  runs: number;
}

export interface ISliceRow {
  slice_key: string;
  slice_value: string;
  n: number;
  metric: string;
  value: Cell;
  lower?: Cell;
  upper?: Cell;
}

export interface IEvaluation {
  id: string;
  data: string;
  data_version?: number;
  metrics: Record<string, Cell>;
  slices: ISliceRow[];
  created_at: number;
}

export interface IRunData {
  direction: string;
  kind: string;
  name: string;
  version?: number;
  n_rows?: number;
  fingerprint?: string;
  /** Whether held-out rows were among them. */
  holdout?: string;
  /** False when a data frame brought it from an earlier cell. */
  observed?: boolean;
}

export interface IRun {
  run_id: string;
  experiment_id: string;
  experiment_name: string;
  name: string;
  status: string;
  start_time: number;
  end_time?: number;
  user?: string;
  /** In Markdown. */
  note?: string;
  /** Why it failed, with the trace. */
  error?: string;
  parent_run_id?: string;
  /** In the trash. */
  deleted?: boolean;
  params: Record<string, string>;
  metrics: Record<string, Cell>;
  /** What the computer was measured at, apart from what the model was. */
  system_metrics?: Record<string, Cell>;
  tags: Record<string, string>;
  source: { notebook?: string; cell_id?: string; code?: string };
  data: IRunData[];
  git: {
    commit?: string;
    branch?: string;
    dirty?: boolean;
    repository?: string;
  };
  environment?: Record<string, string>;
  session?: Record<string, Cell>;
  artifacts: { path: string; size?: number }[];
  models: { name: string; uri: string }[];
  figures: { path: string; data_url: string }[];
  evaluations: IEvaluation[];
}
