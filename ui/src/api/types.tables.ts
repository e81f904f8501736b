/** Shapes of a table's page: comparison, profile, tags, grants, lineage, insights. */
import type { Cell } from './types';

// -- versions ----------------------------------------------------------------------------------

export type RowChange = 'added' | 'removed' | 'changed';

export interface IColumnChange {
  name: string;
  change: 'added' | 'removed' | 'type' | 'nullability';
  before?: string;
  after?: string;
}

export interface IVersionSide {
  version: number;
  timestamp: number;
  operation: string;
  user?: string;
  rows: number;
  files: number;
}

export interface IComparedColumn {
  name: string;
  type: string;
  key: boolean;
  changed_rows: number;
}

/** Values stand in the order of the comparison's columns. */
export interface IComparedRow {
  change: RowChange;
  before?: Cell[];
  after?: Cell[];
  times: number;
}

export interface IComparison {
  full_name: string;
  before: IVersionSide;
  after: IVersionSide;
  schema_changes: IColumnChange[];
  by: 'key' | 'rows';
  key: string[];
  note?: string;
  added: number;
  removed: number;
  changed: number;
  columns: IComparedColumn[];
  rows: IComparedRow[];
  truncated: boolean;
  files_read: number;
  files_shared: number;
}

// -- rows --------------------------------------------------------------------------------------

export type FilterOperator =
  | '='
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | 'contains'
  | 'starts_with'
  | 'is_null'
  | 'is_not_null';

/** A condition on one column, its value as typed. */
export interface IColumnFilter {
  column: string;
  op: FilterOperator;
  value?: string;
  values?: string[];
}

// -- columns -----------------------------------------------------------------------------------

export interface IHistogram {
  edges: number[];
  counts: number[];
  below: number;
  above: number;
}

export interface IColumnSummary {
  name: string;
  kind: 'numeric' | 'categorical' | 'boolean' | 'datetime' | 'text' | 'other';
  count: number;
  num_nulls: number;
  percent_null: number;
  distinct_count?: number;
  min?: number | string;
  max?: number | string;
  avg?: number | string;
  histogram?: IHistogram;
  frequent_items: { item: string; count: number }[];
}

export interface ITableSummary {
  table: string;
  version: number;
  rows: number;
  profiled_rows: number;
  sampled: boolean;
  columns: IColumnSummary[];
}

// -- governance --------------------------------------------------------------------------------

export interface ITag {
  key: string;
  value: string;
  /** Left out for a tag of the table itself. */
  column?: string;
}

export type Certification = 'certified' | 'deprecated';

export interface IObjectInfo {
  kind: string;
  name: string;
  full_name: string;
  owner: string;
  comment?: string;
  tags: ITag[];
  certification?: Certification;
  /** Privileges that the reader holds. */
  may: string[];
}

export interface IGrant {
  principal: string;
  privilege: string;
  inherited_from?: { kind: string; name: string };
}

export interface IGrants {
  owner: string;
  grants: IGrant[];
  /** What can be granted here. */
  privileges: string[];
  enforced: boolean;
  note: string;
  may_grant: boolean;
}

export interface IGrantChange {
  principal: string;
  add: string[];
  remove: string[];
}

// -- lineage -----------------------------------------------------------------------------------

export type LineageLevel = 'table' | 'column';

export interface ILineageNode {
  /** `kind:name`, stable. */
  id: string;
  address?: string;
  kind: string;
  name: string;
  detail?: string;
  /** A certification. */
  badge?: string;
  columns?: { name: string; type?: string }[];
  /** Neighbours that this answer does not hold. */
  more: { upstream: number; downstream: number };
  dropped?: boolean;
}

export interface ILineageEdge {
  source: string;
  target: string;
  kind: string;
  /** Without a target: it chooses or orders rows, and so reaches all columns. */
  columns?: { source: string; target?: string; kind: string }[];
  last_seen: number;
  count: number;
  by?: { kind: string; name: string; address?: string; label: string }[];
}

export interface ILineage {
  focus: string;
  nodes: ILineageNode[];
  edges: ILineageEdge[];
  truncated: boolean;
}

// -- insights ----------------------------------------------------------------------------------

export interface IInsights {
  days: number;
  reads: number;
  readers: { principal: string; reads: number; last: number }[];
  places: {
    kind: string;
    name: string;
    cell?: string;
    address?: string;
    reads: number;
    last: number;
  }[];
  columns: { name: string; reads: number }[];
  per_day: { day: string; reads: number }[];
  joined_with?: { name: string; reads: number }[];
  queries?: { sql: string; reads: number; last: number; principal?: string }[];
}
