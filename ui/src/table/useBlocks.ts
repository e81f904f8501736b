/** Rows fetched in blocks: those in view, and no others. */
import { useQueries } from '@tanstack/react-query';
import { useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { IQuery } from '../api/queries';
import type { IColumn, IColumnarPage } from '../api/types';
import { useDebounced } from '../hooks/useDebounced';
import { VisibleContext } from '../hooks/useApi';
import { useHost } from '../host';
import type { IGridRow, IRange } from './types';

/** A fast scroll fetches only where it stops. */
const SETTLE_MS = 80;

export interface IBlocks {
  /** Rows that can be reached; undefined until the first answer. */
  total: number | undefined;
  /** Rows in all, also those beyond the limit. */
  count: number | undefined;
  columns: readonly IColumn[];
  version?: number;
  /** The query that shows the same rows, where the server tells it. */
  sql?: string;
  row(index: number): IGridRow | undefined;
  onRange: (range: IRange) => void;
  /** What is shown belongs to the last question, not to this one. */
  isStale: boolean;
  error: Error | null;
  retry: () => void;
}

export interface IBlocksOptions {
  /** Equal texts ask for the same rows: name, version, sort, filter. */
  key: string;
  query: (offset: number, limit: number) => IQuery<IColumnarPage>;
  size?: number;
  /** Rows beyond this one are not asked for. */
  limit?: number;
  enabled?: boolean;
}

export function useBlocks(options: IBlocksOptions): IBlocks {
  const { key, query, size = 100, limit = Infinity, enabled = true } = options;
  const { api } = useHost();
  const visible = useContext(VisibleContext);
  const [range, setRange] = useState<IRange>({ first: 0, last: 0 });
  const settled = useDebounced(range, SETTLE_MS);
  const offsets = useMemo(() => blockOffsets(settled, size), [settled, size]);

  const results = useQueries({
    queries: offsets.map(offset => {
      const block = query(offset, size);
      return {
        queryKey: [...block.key],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          block.fetch(api, signal),
        meta: { subjects: block.subjects },
        enabled: visible && enabled
      };
    })
  });

  const pages = results.map(result => result.data);
  const first = pages.find(page => page !== undefined);
  // While another order or filter is fetched, the last rows stay, marked as old.
  const memory = useRef<{ key: string; pages: IColumnarPage[] }>();
  useEffect(() => {
    const known = pages.filter(page => page !== undefined);
    if (known.length > 0) {
      memory.current = { key, pages: known };
    }
  });
  const old = memory.current;
  const shown = first ? pages : (old?.pages ?? []);
  const head = first ?? old?.pages[0];
  const rows = useRowMap(shown);
  return {
    total: head && Math.min(head.total, limit),
    count: head?.total,
    columns: head?.columns ?? [],
    version: head?.version,
    sql: head?.sql,
    row: index => rows.get(index),
    onRange: setRange,
    isStale: !first && old !== undefined && old.key !== key,
    error: results.find(result => result.error)?.error ?? null,
    retry: () => results.forEach(result => void result.refetch())
  };
}

/** Where the blocks begin that a range touches. */
export function blockOffsets(range: IRange, size: number): number[] {
  const begin = Math.floor(range.first / size);
  const end = Math.floor(Math.max(range.last, range.first) / size);
  return Array.from({ length: end - begin + 1 }, (_, i) => (begin + i) * size);
}

function useRowMap(
  pages: readonly (IColumnarPage | undefined)[]
): Map<number, IGridRow> {
  const parts = useRef(new WeakMap<IColumnarPage, IGridRow[]>());
  const rows = new Map<number, IGridRow>();
  for (const page of pages) {
    if (!page) {
      continue;
    }
    let list = parts.current.get(page);
    if (!list) {
      list = rowsOfPage(page);
      parts.current.set(page, list);
    }
    list.forEach((row, i) => rows.set(page.offset + i, row));
  }
  return rows;
}

/** Rows of a page that holds them by column. */
export function rowsOfPage(page: IColumnarPage): IGridRow[] {
  return page.ids.map((id, i) => ({
    id,
    cells: Object.fromEntries(
      page.columns.map(column => [column.key, column.values[i] ?? null])
    )
  }));
}
