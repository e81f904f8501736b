/** What the tabs of a table's page ask. */
import type { ILineageQuery } from '../api/tables';
import type { IQuery } from '../api/queries';
import type {
  IComparison,
  IGrants,
  IInsights,
  ILineage,
  IObjectInfo,
  ITableSummary
} from '../api/types.tables';

/** Tables and views share a page and differ in the paths of their objects. */
export function objectKind(tableType: string): 'table' | 'view' {
  return tableType === 'VIEW' ? 'view' : 'table';
}

export function compareQuery(
  name: string,
  before: number,
  after: number,
  by: 'key' | 'rows'
): IQuery<IComparison> {
  return {
    key: ['compare', name, before, after, by],
    // Versions never change; only a key could be declared meanwhile.
    subjects: [],
    fetch: (api, signal) =>
      api.tables.compare(name, before, after, { by }, signal)
  };
}

export function profileQuery(
  name: string,
  version: number | undefined
): IQuery<ITableSummary> {
  return {
    key: ['profile', name, version],
    subjects: [],
    fetch: (api, signal) => api.tables.profile(name, { version }, signal)
  };
}

export function objectQuery(kind: string, name: string): IQuery<IObjectInfo> {
  return {
    key: ['object', kind, name],
    subjects: [`${kind}:${name}`, `table:${name}`],
    fetch: (api, signal) => api.tables.object(kind, name, signal)
  };
}

export function grantsQuery(kind: string, name: string): IQuery<IGrants> {
  return {
    key: ['grants', kind, name],
    // Rights come from the levels above, too.
    subjects: [`${kind}:${name}`, 'schema:*', 'catalog:*'],
    fetch: (api, signal) => api.tables.grants(kind, name, signal)
  };
}

export function lineageQuery(
  kind: string,
  name: string,
  query: ILineageQuery
): IQuery<ILineage> {
  return {
    key: ['lineage', kind, name, query],
    subjects: [`${kind}:${name}`, 'lineage:*'],
    fetch: (api, signal) => api.tables.lineage(kind, name, query, signal)
  };
}

export function insightsQuery(name: string, days: number): IQuery<IInsights> {
  return {
    key: ['insights', name, days],
    subjects: [`table:${name}`],
    fetch: (api, signal) => api.tables.insights(name, days, signal)
  };
}
