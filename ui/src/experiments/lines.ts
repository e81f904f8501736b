/**
 * The lines of the runs table: runs that come in blocks, and below each that is expanded those it contains.
 * Only what is expanded is known in full; the rest is arithmetic.
 */
import type { IRunGroup } from '../api/types.runs';
import type { IGridRow } from '../table/types';

/** What a line is besides its values. */
export interface ILineInfo {
  kind: 'run' | 'group' | 'more';
  /** 1 for what is in nothing else. */
  level: number;
  /** How many runs it contains. */
  children: number;
  expanded: boolean;
  group?: IRunGroup;
}

export interface ILine {
  /** Undefined until it has been fetched. */
  row?: IGridRow;
  info?: ILineInfo;
}

/** Lines that stand below line `at` of the outermost level. */
export interface IInsertion {
  at: number;
  lines: readonly ILine[];
}

/** Where a line of the table is: on the outermost level, or among what is expanded there. */
export type LinePlace =
  { outer: number } | { insertion: IInsertion; inner: number };

/** How many lines there are when some are expanded. */
export function lineCount(
  outer: number,
  insertions: readonly IInsertion[]
): number {
  return insertions.reduce((sum, one) => sum + one.lines.length, outer);
}

/** Where the line with a number is; the insertions are in the order of their places. */
export function placeOf(
  index: number,
  insertions: readonly IInsertion[]
): LinePlace {
  let before = 0;
  for (const insertion of insertions) {
    const begin = insertion.at + before + 1;
    if (index < begin) {
      break;
    }
    if (index < begin + insertion.lines.length) {
      return { insertion, inner: index - begin };
    }
    before += insertion.lines.length;
  }
  return { outer: index - before };
}

/** The lines of the outermost level that a range of lines touches. */
export function outerRange(
  range: { first: number; last: number },
  insertions: readonly IInsertion[]
): { first: number; last: number } {
  const outer = (index: number): number => {
    const place = placeOf(index, insertions);
    return 'outer' in place ? place.outer : place.insertion.at;
  };
  return { first: outer(range.first), last: outer(range.last) };
}
