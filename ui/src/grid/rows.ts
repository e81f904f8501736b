/** Between what the kernel tells of a grid and what the table component shows. */
import type { IGridBlock, IGridQuery } from '../api/grids';
import type { IQuery } from '../api/queries';
import type { Cell, IColumnarPage } from '../api/types';
import type { IDrillFilter } from '../api/types.explore';
import type { IColumnFilter } from '../api/types.tables';
import type { IGridColumn, IGridRow } from '../table/types';

/** What an output holds of a frame. */
export interface IGridSnapshot {
  columns?: string[];
  types?: string[];
  rows?: Cell[][];
  total?: number;
  /** How many columns there are, where some are left out. */
  all_columns?: number;
}

export function blockQuery(
  id: string,
  query: IGridQuery
): IQuery<IColumnarPage> {
  return {
    key: ['grid', id, query],
    subjects: [],
    fetch: async (api, signal) =>
      asPage(await api.grids.rows(id, query, signal))
  };
}

/** A block of rows as a page of columns. */
export function asPage(block: IGridBlock): IColumnarPage {
  return {
    total: block.total,
    offset: block.offset,
    ids: block.rows.map((_, i) => String(block.offset + i)),
    columns: block.columns.map((key, at) => ({
      key,
      type: block.types[at],
      values: block.rows.map(row => row[at])
    }))
  } as IColumnarPage;
}

/** The rows of a snapshot. */
export function pageOf(snapshot: IGridSnapshot): {
  columns: { key: string; type: string }[];
  rows: IGridRow[];
} {
  const names = snapshot.columns ?? [];
  return {
    columns: names.map((key, at) => ({
      key,
      type: snapshot.types?.[at] ?? 'string'
    })),
    rows: (snapshot.rows ?? []).map((row, i) => ({
      id: String(i),
      cells: Object.fromEntries(names.map((key, at) => [key, row[at] ?? null]))
    }))
  };
}

/** Columns of the table from their names and types as text. */
export function columnsOf(signature: string): IGridColumn[] {
  return (JSON.parse(signature) as [string, string][]).map(([key, type]) => ({
    key,
    label: key,
    type,
    title: `${key} ${type}`
  }));
}

/** Conditions as a question has them. */
export function conditionsOf(
  filters: readonly IColumnFilter[]
): IDrillFilter[] {
  return filters.map(({ column, op, value, values }) => ({
    column,
    op,
    ...(value !== undefined ? { value } : {}),
    ...(values !== undefined ? { values: [...values] } : {})
  })) as IDrillFilter[];
}
