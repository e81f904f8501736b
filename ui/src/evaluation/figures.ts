/** Figures and intervals of evaluations. */
import type { ISliceFigure } from '../api/types.evaluation';
import type { Figure } from '../api/types.runs';
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
  upper: Figure | undefined
): string {
  return lower === undefined || upper === undefined
    ? ''
    : `${figureText(lower)} – ${figureText(upper)}`;
}

const SMALLER_IS_BETTER =
  /loss|error|rmse|(^|_)mse|(^|_)mae|mape|brier|deviation|max_error|false_positive/i;

export function smallerIsBetter(metric: string): boolean {
  return SMALLER_IS_BETTER.test(metric);
}

/** Worst first; without a value last. */
export function worstFirst(
  rows: readonly ISliceFigure[],
  metric: string
): ISliceFigure[] {
  const sign = smallerIsBetter(metric) ? -1 : 1;
  const rank = (row: ISliceFigure): number =>
    typeof row.value === 'number' ? row.value * sign : Infinity;
  return [...rows].sort((a, b) => rank(a) - rank(b));
}
