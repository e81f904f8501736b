/** Which of many keys are worth an axis of parallel coordinates. */
import type { IChartData } from './data';

/** More axes of parameters stand too close for their names. */
const MOST_PARAMS = 7;
/** Longer texts are descriptions of objects: nothing to tell apart on an axis. */
const LONGEST_TEXT = 40;

/** What a library lists of each part of a pipeline, if only some runs have it, is left to who wants it. */
const FEW = 2;

/**
 * The axes on which the runs differ, those with several values before what only some runs have; some
 * when they differ on none.
 */
export function differing(axes: readonly string[], data: IChartData): string[] {
  const params = axes.filter(key => !key.startsWith('metrics.'));
  const telling = params
    .map(key => [rankOf(key, data), key] as const)
    .filter(([rank]) => rank > 0)
    .sort(([a], [b]) => b - a);
  const chosen = telling
    .filter(([rank], i) => rank > 1 || i < FEW)
    .map(([, key]) => key)
    .slice(0, MOST_PARAMS);
  const shown = new Set(
    chosen.length > 0 ? chosen : params.slice(0, MOST_PARAMS)
  );
  return axes.filter(key => key.startsWith('metrics.') || shown.has(key));
}

/** How much an axis tells: nothing (0), or that runs have it (1, 2), or other values of it (3, 4). */
function rankOf(key: string, data: IChartData): number {
  const values = data.values(key).map(value => String(value ?? ''));
  const known = values.filter(value => value !== '');
  if (
    known.length === 0 ||
    known.some(value => value.length > LONGEST_TEXT) ||
    new Set(values).size === 1
  ) {
    return 0;
  }
  return (new Set(known).size > 1 ? 3 : 1) + (key.includes('__') ? 0 : 1);
}
