/** Figures and intervals of evaluations. */
import type { ISliceFigure } from '../api/types.evaluation';
import type { Figure } from '../api/types.runs';
import { moreIsBetter } from '../compare/compare';
import { columnFormat } from '../format';
import { figureText } from '../run/words';

/** Fewer rows than these say little: shown, not judged. */
export const FEW_ROWS = 30;

/** The slices that nobody asked for: where a tree found the loss greatest. */
export const FOUND = '(found)';

export function numberOf(value: Figure | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

export function intervalText(
  lower: Figure | undefined,
  upper: Figure | undefined,
  format: (value: Figure | undefined) => string = alike(lower, upper)
): string {
  return lower === undefined || upper === undefined
    ? ''
    : `${format(lower)} – ${format(upper)}`;
}

/** A format for values that stand beside each other: as many decimals for each of them. */
export function alike(
  ...values: (Figure | undefined)[]
): (value: Figure | undefined) => string {
  const format = columnFormat(
    values.filter((value): value is number => typeof value === 'number')
  );
  return value =>
    typeof value === 'number'
      ? // A hyphen would read as one more dash of a range.
        format(value).replace(/^-/, '−')
      : figureText(value);
}

/** Worst first; those with too few rows to be judged after them, those without a value last. */
export function worstFirst(
  rows: readonly ISliceFigure[],
  metric: string
): ISliceFigure[] {
  const sign = moreIsBetter(metric) === false ? -1 : 1;
  const rank = (row: ISliceFigure): number =>
    typeof row.value === 'number' ? row.value * sign : Infinity;
  const few = (row: ISliceFigure): number => Number(row.n < FEW_ROWS);
  return [...rows].sort(
    (a, b) => few(a) - few(b) || (rank(a) === rank(b) ? 0 : rank(a) - rank(b))
  );
}
