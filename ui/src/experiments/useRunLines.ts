/** The lines of the runs table, fetched where they are in view: by block of rows and by chunk of columns. */
import { useQueries } from '@tanstack/react-query';
import {
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState
} from 'react';
import type { IColumn } from '../api/types';
import type { IRunBlock, IRunGroup, IRunSearch } from '../api/types.runs';
import { useApi, VisibleContext } from '../hooks/useApi';
import { useHost } from '../host';
import type { IGridRow, IRange } from '../table/types';
import { blockOffsets, rowsOfPage } from '../table/useBlocks';
import { FIXED } from './columns';
import { lineCount, outerRange, placeOf } from './lines';
import type { IInsertion, ILine, ILineInfo } from './lines';
import { runBlockQuery } from './runsQueries';

/** Rows of a block, columns of a chunk, and most runs shown below one that is expanded. */
const BLOCK = 200;
const CHUNK = 30;
const MOST_CHILDREN = 500;
/** A fast scroll fetches only where it stops. */
const SETTLE_MS = 80;
/** So many pinned runs stay in view. */
const MOST_PINNED = 6;

export interface IRunLinesOptions {
  search: IRunSearch;
  columns: readonly string[];
  expanded: ReadonlySet<string>;
  /** Pinned runs are wanted on top. */
  pins: boolean;
}

export interface IRunLines {
  /** Lines of the table; undefined until the first answer. */
  total: number | undefined;
  /** Runs, whether shown or in what is not expanded. */
  runs: number | undefined;
  groups: number | undefined;
  row(index: number): IGridRow | undefined;
  info(id: string): ILineInfo | undefined;
  columns: readonly IColumn[];
  pinned: readonly IGridRow[];
  onRange: (range: IRange) => void;
  onColumns: (range: IRange) => void;
  isStale: boolean;
  error: Error | null;
  retry(): void;
}

export function useRunLines(options: IRunLinesOptions): IRunLines {
  const { search, columns, expanded } = options;
  const [rows, tellRows] = useSettled();
  const [cols, tellCols] = useSettled();

  const blocks = useOuterBlocks(options, rows, cols);
  const nested = useExpanded(search, columns, expanded, blocks.groups);
  const outer = blocks.outer;
  const insertions = useMemo(
    () => insertionsOf(outer, nested, expanded),
    [outer, nested, expanded]
  );
  const info = useMemo(() => {
    const known = new Map<string, ILineInfo>();
    outer.lines.forEach(line => line.row && known.set(line.row.id, line.info!));
    insertions.forEach(one =>
      one.lines.forEach(line => line.row && known.set(line.row.id, line.info!))
    );
    return known;
  }, [outer, insertions]);
  const pinned = usePinned(options, blocks.pinned);

  const state = useRef(insertions);
  useEffect(() => {
    state.current = insertions;
  });
  const onRange = useCallback(
    (seen: IRange) => tellRows(outerRange(seen, state.current)),
    [tellRows]
  );
  return {
    total:
      outer.total === undefined
        ? undefined
        : lineCount(outer.total, insertions),
    runs: blocks.runs,
    groups: blocks.groups?.length,
    row: index => {
      const place = placeOf(index, insertions);
      return 'outer' in place
        ? outer.lines.get(place.outer)?.row
        : place.insertion.lines[place.inner].row;
    },
    info: id => info.get(id),
    columns: blocks.columns,
    pinned,
    onRange,
    onColumns: tellCols,
    isStale: blocks.isStale,
    error: blocks.error,
    retry: blocks.retry
  };
}

/** A range once it stops changing; nothing is drawn anew while one scrolls. */
function useSettled(): [IRange, (range: IRange) => void] {
  const [range, setRange] = useState<IRange>({ first: 0, last: 0 });
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  const tell = useCallback((next: IRange) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(
      () =>
        setRange(old =>
          old.first === next.first && old.last === next.last ? old : next
        ),
      SETTLE_MS
    );
  }, []);
  return [range, tell];
}

interface IOuter {
  total: number | undefined;
  lines: Map<number, ILine>;
}

interface IOuterBlocks {
  outer: IOuter;
  runs: number | undefined;
  groups: readonly IRunGroup[] | undefined;
  columns: readonly IColumn[];
  pinned: readonly string[];
  isStale: boolean;
  error: Error | null;
  retry(): void;
}

/** The chunks of columns in view, the first among them: it carries the names. */
function chunksInView(
  columns: readonly string[],
  view: IRange
): readonly string[][] {
  const count = Math.max(Math.ceil(columns.length / CHUNK), 1);
  // The table's own columns stand in front of the chosen ones.
  const first = Math.floor(Math.max(view.first - FIXED.length, 0) / CHUNK);
  const last = Math.floor(Math.max(view.last - FIXED.length, 0) / CHUNK);
  const wanted = [...Array(count).keys()].filter(
    i => i === 0 || (i >= first - 1 && i <= last + 1)
  );
  return wanted.map(i => [
    ...(i === 0 ? FIXED : []),
    ...columns.slice(i * CHUNK, (i + 1) * CHUNK)
  ]);
}

function useOuterBlocks(
  options: IRunLinesOptions,
  rows: IRange,
  cols: IRange
): IOuterBlocks {
  const { search, columns, expanded } = options;
  const { api } = useHost();
  const visible = useContext(VisibleContext);
  const grouped = search.group_by !== undefined;
  const offsets = useMemo(
    () => (grouped ? [0] : blockOffsets(rows, BLOCK)),
    [rows, grouped]
  );
  const chunks = useMemo(() => chunksInView(columns, cols), [columns, cols]);
  const results = useQueries({
    queries: offsets.flatMap(offset =>
      chunks.map(chunk => {
        const block = runBlockQuery({
          ...search,
          columns: chunk,
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
  const old = memory.current;
  const shown = known.length > 0 ? known : (old?.pages ?? []);
  const kept = useKept(shown);
  return {
    outer: useMemo(() => outerOf(kept, expanded), [kept, expanded]),
    runs: kept[0]?.total,
    groups: kept[0]?.groups,
    columns: useFirstColumns(kept, key),
    pinned: kept[0]?.pinned ?? NO_IDS,
    isStale: known.length === 0 && old !== undefined && old.key !== key,
    error: results.find(result => result.error)?.error ?? null,
    retry: () => results.forEach(result => void result.refetch())
  };
}

const NO_IDS: readonly string[] = [];

/** The same list as before while its members are the same. */
function useKept<T>(list: readonly T[]): readonly T[] {
  const kept = useRef(list);
  const same =
    kept.current.length === list.length &&
    list.every((item, i) => item === kept.current[i]);
  if (!same) {
    kept.current = list;
  }
  return kept.current;
}

const rowCache = new WeakMap<IRunBlock, IGridRow[]>();

function rowsOf(page: IRunBlock): IGridRow[] {
  let rows = rowCache.get(page);
  if (!rows) {
    rows = rowsOfPage(page);
    rowCache.set(page, rows);
  }
  return rows;
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

function outerOf(
  pages: readonly IRunBlock[],
  expanded: ReadonlySet<string>
): IOuter {
  const lines = new Map<number, ILine>();
  const groups = pages[0]?.groups;
  if (groups) {
    groups.forEach((group, i) => lines.set(i, groupLine(group, expanded)));
    return { total: groups.length, lines };
  }
  for (const page of pages) {
    rowsOf(page).forEach((row, i) => {
      const index = page.offset + i;
      const before = lines.get(index)?.row;
      // Chunks of one block hold other columns of the same runs.
      const whole =
        before && before.id === row.id
          ? { id: row.id, cells: { ...before.cells, ...row.cells } }
          : row;
      lines.set(index, {
        row: whole,
        info: {
          kind: 'run',
          level: 1,
          children: page.children?.[row.id] ?? 0,
          expanded: expanded.has(row.id)
        }
      });
    });
  }
  return { total: pages[0]?.total, lines };
}

/** The id of a group's line: no run is called so. */
export function groupId(value: string | undefined): string {
  return value === undefined ? 'group' : `group:${value}`;
}

function groupLine(group: IRunGroup, expanded: ReadonlySet<string>): ILine {
  const id = groupId(group.value);
  const means = Object.entries(group.metrics ?? {}).map(
    ([key, aggregate]) => [key, aggregate.mean ?? null] as const
  );
  return {
    row: { id, cells: Object.fromEntries(means) },
    info: {
      kind: 'group',
      level: 1,
      children: group.runs,
      expanded: expanded.has(id),
      group
    }
  };
}

/** What is in the runs and groups that are expanded, by their ids. */
function useExpanded(
  search: IRunSearch,
  columns: readonly string[],
  expanded: ReadonlySet<string>,
  groups: readonly IRunGroup[] | undefined
): ReadonlyMap<string, IRunBlock> {
  const { api } = useHost();
  const visible = useContext(VisibleContext);
  const wanted = useMemo(() => {
    const fields = [...FIXED, ...columns].slice(0, CHUNK * 3);
    const { experiment_ids, order_by, deleted } = search;
    return [...expanded].map(id => {
      const group = groups?.find(one => groupId(one.value) === id);
      const common = {
        experiment_ids,
        order_by,
        deleted,
        columns: fields,
        offset: 0,
        limit: MOST_CHILDREN
      };
      return {
        id,
        search: group
          ? { ...common, filter: idFilter(group.ids) }
          : { ...common, parent: id }
      };
    });
  }, [search, columns, expanded, groups]);
  const results = useQueries({
    queries: wanted.map(one => {
      const block = runBlockQuery(one.search);
      const isGroup = 'filter' in one.search;
      return {
        queryKey: [...block.key],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          block.fetch(api, signal),
        meta: { subjects: block.subjects },
        enabled: visible && (isGroup || !one.id.startsWith('group'))
      };
    })
  });
  const pages = useKept(results.map(result => result.data));
  return useMemo(() => {
    const found = new Map<string, IRunBlock>();
    wanted.forEach((one, i) => {
      const page = pages[i];
      if (page) {
        found.set(one.id, page);
      }
    });
    return found;
  }, [wanted, pages]);
}

/** The runs with these ids, as a filter. */
export function idFilter(ids: readonly string[]): string {
  return `attributes.run_id IN (${ids.map(id => `'${id}'`).join(', ')})`;
}

function insertionsOf(
  outer: IOuter,
  nested: ReadonlyMap<string, IRunBlock>,
  expanded: ReadonlySet<string>
): IInsertion[] {
  if (expanded.size === 0) {
    return [];
  }
  const below = (id: string, count: number, level: number): ILine[] => {
    const page = nested.get(id);
    if (!page) {
      return Array.from({ length: Math.min(count, 3) }, () => ({}));
    }
    const lines = rowsOf(page).flatMap((row): ILine[] => {
      const children = page.children?.[row.id] ?? 0;
      const open = expanded.has(row.id) && children > 0;
      const line: ILine = {
        row,
        info: { kind: 'run', level, children, expanded: open }
      };
      return open ? [line, ...below(row.id, children, level + 1)] : [line];
    });
    const left = Math.max(page.total, count) - page.ids.length;
    return left > 0 ? [...lines, moreLine(id, left, level)] : lines;
  };
  return [...outer.lines]
    .filter(([, line]) => line.info?.expanded && line.info.children > 0)
    .sort(([a], [b]) => a - b)
    .map(([at, line]) => ({
      at,
      lines: below(line.row!.id, line.info!.children, 2)
    }));
}

/** Says how many are not listed. */
function moreLine(id: string, count: number, level: number): ILine {
  return {
    row: { id: `more:${id}`, cells: {} },
    info: { kind: 'more', level, children: count, expanded: false }
  };
}

/** The values of the pinned runs, the newest pinned first. */
function usePinned(
  options: IRunLinesOptions,
  ids: readonly string[]
): readonly IGridRow[] {
  const { search, columns, pins } = options;
  const some = useMemo(() => ids.slice(0, MOST_PINNED), [ids]);
  const { data } = useApi(
    runBlockQuery({
      experiment_ids: search.experiment_ids,
      filter: idFilter(some),
      order_by: search.order_by,
      columns: [...FIXED, ...columns].slice(0, CHUNK * 3),
      offset: 0,
      limit: MOST_PINNED
    }),
    { enabled: pins && some.length > 0, keep: true }
  );
  return useMemo(
    () => (pins && some.length > 0 && data ? rowsOf(data) : []),
    [data, pins, some]
  );
}
