/** Which of many keys are worth an axis of parallel coordinates. */
import type { IChartData } from './data';

/** More axes of parameters stand too close for their names. */
const MOST_PARAMS = 7;
/** Longer texts are descriptions of objects: nothing to tell apart on an axis. */
const LONGEST_TEXT = 40;

/**
 * The axes on which the runs differ, before all those with several values; some when they differ on
 * none.
 */
export function differing(axes: readonly string[], data: IChartData): string[] {
  const telling = new Map<string, number>();
  for (const key of axes) {
    const values = data.values(key).map(value => String(value ?? ''));
    const known = values.filter(value => value !== '');
    if (known.some(value => value.length > LONGEST_TEXT)) {
      continue;
    }
    const several = new Set(known).size > 1;
    const only = known.length > 0 && known.length < values.length;
    telling.set(key, several ? 2 : only ? 1 : 0);
  }
  const params = axes.filter(key => !key.startsWith('metrics.'));
  const chosen = new Set(
    params
      .filter(key => (telling.get(key) ?? 0) > 0)
      .sort((a, b) => telling.get(b)! - telling.get(a)!)
      .slice(0, MOST_PARAMS)
  );
  const shown =
    chosen.size > 0 ? chosen : new Set(params.slice(0, MOST_PARAMS));
  return axes.filter(key => key.startsWith('metrics.') || shown.has(key));
}
