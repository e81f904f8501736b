/** The outermost level of the runs table, fetched where it is in view: by block of rows and by part of the columns. */
import { useQueries } from '@tanstack/react-query';
import { useContext, useEffect, useMemo, useRef } from 'react';
import type { IColumn } from '../api/types';
import type { IRunBlock, IRunGroup, IRunSearch } from '../api/types.runs';
import { VisibleContext } from '../hooks/useApi';
import { useHost } from '../host';
import type { IRange } from '../table/types';
import { blockOffsets } from '../table/useBlocks';
import { FIXED } from './columns';
import { outerOf, sameItems } from './runLines';
import type { IOuter } from './runLines';
import { runBlockQuery } from './runsQueries';

/** Rows of a block, and columns of a part. */
const BLOCK = 200;
const PART = 30;

export interface IRunBlocks {
  outer: IOuter;
  runs: number | undefined;
  groups: readonly IRunGroup[] | undefined;
  columns: readonly IColumn[];
  pinned: readonly string[];
  isStale: boolean;
  error: Error | null;
  retry(): void;
}

export interface IRunBlocksOptions {
  search: IRunSearch;
  columns: readonly string[];
  expanded: ReadonlySet<string>;
  /** What is in view. */
  rows: IRange;
  cols: IRange;
}

export function useRunBlocks(options: IRunBlocksOptions): IRunBlocks {
  const { search, columns, expanded, rows, cols } = options;
  const { api } = useHost();
  const visible = useContext(VisibleContext);
  const grouped = search.group_by !== undefined;
  const offsets = useMemo(
    () => (grouped ? [0] : blockOffsets(rows, BLOCK)),
    [rows, grouped]
  );
  const parts = useMemo(() => partsInView(columns, cols), [columns, cols]);
  const results = useQueries({
    queries: offsets.flatMap(offset =>
      parts.map(part => {
        const block = runBlockQuery({
          ...search,
          columns: part,
          offset,
          limit: grouped ? 1 : BLOCK
        });
        return {
          queryKey: [...block.key],
          queryFn: ({ signal }: { signal: AbortSignal }) =>
            block.fetch(api, signal),
          meta: { subjects: block.subjects },
          enabled: visible
        };
      })
    )
  });
  const pages = results.map(result => result.data);
  const known = pages.filter(page => page !== undefined);
  const key = JSON.stringify(search);
  // While another order or filter is fetched, the last rows stay, marked as old.
  const memory = useRef<{ key: string; pages: IRunBlock[] }>();
  useEffect(() => {
    if (known.length > 0) {
      memory.current = { key, pages: known };
    }
  });
  const old = known.length > 0 ? undefined : memory.current;
  const shown = useSame(old?.pages ?? known);
  return {
    outer: useMemo(() => outerOf(shown, expanded), [shown, expanded]),
    runs: shown[0]?.total,
    groups: shown[0]?.groups,
    columns: useFirstColumns(shown, old?.key ?? key),
    pinned: shown[0]?.pinned ?? NO_IDS,
    isStale: old !== undefined && old.key !== key,
    error: results.find(result => result.error)?.error ?? null,
    retry: () => results.forEach(result => void result.refetch())
  };
}

const NO_IDS: readonly string[] = [];

/** The parts of the columns in view, the first among them: it carries the names. */
function partsInView(
  columns: readonly string[],
  view: IRange
): readonly string[][] {
  const count = Math.max(Math.ceil(columns.length / PART), 1);
  // The table's own columns stand in front of the chosen ones.
  const first = Math.floor(Math.max(view.first - FIXED.length, 0) / PART);
  const last = Math.floor(Math.max(view.last - FIXED.length, 0) / PART);
  const wanted = [...Array(count).keys()].filter(
    i => i === 0 || (i >= first - 1 && i <= last + 1)
  );
  return wanted.map(i => [
    ...(i === 0 ? FIXED : []),
    ...columns.slice(i * PART, (i + 1) * PART)
  ]);
}

/** The same list as before while its members are the same. */
export function useSame<T>(list: readonly T[]): readonly T[] {
  const kept = useRef(list);
  if (!sameItems(kept.current, list)) {
    kept.current = list;
  }
  return kept.current;
}

/** The columns of the first block that was seen: what later ones hold changes no scale while one scrolls. */
function useFirstColumns(
  pages: readonly IRunBlock[],
  key: string
): readonly IColumn[] {
  const seen = useRef<{ key: string; columns: Map<string, IColumn> }>();
  const result = useRef<readonly IColumn[]>([]);
  return useMemo(() => {
    const fresh = seen.current?.key !== key;
    const known = fresh
      ? new Map<string, IColumn>()
      : new Map(seen.current?.columns);
    let changed = fresh;
    for (const page of pages) {
      // Of groups the first page holds one run: their extremes say what there is.
      const columns = page.groups ? extremesOf(page.groups) : page.columns;
      for (const column of columns) {
        const old = known.get(column.key);
        if (!old || (page.offset === 0 && old !== column)) {
          known.set(column.key, column);
          changed = true;
        }
      }
    }
    if (changed) {
      seen.current = { key, columns: known };
      result.current = [...known.values()];
    }
    return result.current;
  }, [pages, key]);
}

const extremes = new WeakMap<readonly IRunGroup[], IColumn[]>();

/** The least and the greatest value of each metric over all groups. */
function extremesOf(groups: readonly IRunGroup[]): IColumn[] {
  let columns = extremes.get(groups);
  if (!columns) {
    const keys = new Set(groups.flatMap(one => Object.keys(one.metrics ?? {})));
    columns = [...keys].map(key => ({
      key,
      type: 'number',
      values: groups.flatMap(({ metrics }) => [
        metrics?.[key]?.min ?? null,
        metrics?.[key]?.max ?? null
      ])
    }));
    extremes.set(groups, columns);
  }
  return columns;
}
