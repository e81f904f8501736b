/** The lines of the runs table: what is in view of the outermost level, what is expanded there, and the pinned runs. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { IColumn } from '../api/types';
import type { IRunSearch } from '../api/types.runs';
import type { IGridRow, IRange } from '../table/types';
import { lineCount, outerRange, placeOf } from './lines';
import type { ILineInfo } from './lines';
import { insertionsOf } from './runLines';
import { useExpanded, usePinned } from './useInnerRuns';
import { useRunBlocks } from './useRunBlocks';

/** A fast scroll fetches only where it stops. */
const SETTLE_MS = 80;

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
  const { search, columns, expanded, pins } = options;
  const [rows, tellRows] = useSettled();
  const [cols, tellCols] = useSettled();
  const blocks = useRunBlocks({ search, columns, expanded, rows, cols });
  const { outer } = blocks;
  const nested = useExpanded(search, columns, expanded, blocks.groups);
  const pinned = usePinned(search, columns, blocks.pinned, pins);
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
