/** Runs and groups as lines of the table: rows out of blocks, each with what else is known of it. */
import type { IRunBlock, IRunGroup } from '../api/types.runs';
import type { IGridRow } from '../table/types';
import { rowsOfPage } from '../table/useBlocks';
import type { IInsertion, ILine } from './lines';

/** The outermost level, by line; the total is undefined until the first answer. */
export interface IOuter {
  total: number | undefined;
  lines: ReadonlyMap<number, ILine>;
}

const rowCache = new WeakMap<IRunBlock, readonly IGridRow[]>();

/** The same rows for the same block. */
export function rowsOf(block: IRunBlock): readonly IGridRow[] {
  let rows = rowCache.get(block);
  if (!rows) {
    rows = rowsOfPage(block);
    rowCache.set(block, rows);
  }
  return rows;
}

interface IWhole {
  parts: readonly IRunBlock[];
  rows: readonly IGridRow[];
}

const wholeCache = new WeakMap<IRunBlock, IWhole>();

/**
 * The rows of a block whose columns came in several parts; the first part says which runs there are. Rows stay the same
 * objects while the parts do, so that what is on the screen is not drawn anew because another block came.
 */
export function rowsOfParts(parts: readonly IRunBlock[]): readonly IGridRow[] {
  const [first, ...others] = parts;
  if (others.length === 0) {
    return rowsOf(first);
  }
  const known = wholeCache.get(first);
  if (known && sameItems(known.parts, parts)) {
    return known.rows;
  }
  const lists = others.map(rowsOf);
  const rows = rowsOf(first).map((row, i) => ({
    id: row.id,
    cells: Object.assign(
      {},
      row.cells,
      // What was read after a change may hold other runs.
      ...lists.map(list => (list[i]?.id === row.id ? list[i].cells : {}))
    ) as IGridRow['cells']
  }));
  wholeCache.set(first, { parts, rows });
  return rows;
}

/** Whether two lists have the same members. */
export function sameItems(
  a: readonly unknown[],
  b: readonly unknown[]
): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** The lines of the outermost level, out of all parts of all blocks that are there. */
export function outerOf(
  pages: readonly IRunBlock[],
  expanded: ReadonlySet<string>
): IOuter {
  const lines = new Map<number, ILine>();
  const groups = pages[0]?.groups;
  if (groups) {
    groups.forEach((group, i) => lines.set(i, groupLine(group, expanded)));
    return { total: groups.length, lines };
  }
  const blocks = new Map<number, IRunBlock[]>();
  for (const page of pages) {
    blocks.set(page.offset, [...(blocks.get(page.offset) ?? []), page]);
  }
  for (const [offset, parts] of blocks) {
    rowsOfParts(parts).forEach((row, i) =>
      lines.set(offset + i, {
        row,
        info: {
          kind: 'run',
          level: 1,
          children: parts[0].children?.[row.id] ?? 0,
          expanded: expanded.has(row.id)
        }
      })
    );
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

/** What stands below the lines that are expanded. */
export function insertionsOf(
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
