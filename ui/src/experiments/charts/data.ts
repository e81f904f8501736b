/** The values that pictures are drawn from. */
import type { Cell, IColumn } from '../../api/types';
import type { IRunSearch } from '../../api/types.runs';
import { useApi } from '../../hooks/useApi';
import { useMemo } from 'react';
import { NAME, START } from '../columns';
import { frameQuery, newestQuery } from '../runsQueries';
import { idFilter } from '../useInnerRuns';
import { MOST_POINTS } from './useShownRuns';
import type { IShownRuns } from './useShownRuns';

export interface IChartData {
  ids: readonly string[];
  names: readonly string[];
  /** Place of each run in the order of colours. */
  places: readonly number[];
  values(key: string): readonly Cell[];
}

/** Runs in the order in which they are shown, with the columns a picture needs. */
export function useChartData(
  shown: IShownRuns,
  search: IRunSearch,
  keys: readonly string[]
): { data: IChartData | undefined; error: Error | null; retry: () => void } {
  const columns = [...new Set([NAME, START, ...keys])].slice(0, 20);
  const { experiment_ids, filter, state } = search;
  const isAll = shown.mode === 'all';
  const some = useApi(
    newestQuery({
      experiment_ids,
      filter: idFilter(shown.ids.slice(0, 500)),
      columns,
      offset: 0,
      limit: 500
    }),
    { keep: true, enabled: !isAll && shown.ids.length > 0 }
  );
  const all = useApi(
    frameQuery({
      experiment_ids,
      filter,
      state,
      columns,
      max_points: MOST_POINTS
    }),
    { keep: true, enabled: isAll && shown.isReady }
  );
  const answer = isAll ? all : some;
  const frame = answer.data;
  const data = useMemo(() => {
    if (shown.ids.length === 0) {
      return shown.isReady ? EMPTY : undefined;
    }
    return frame && chartData(frame, shown.ids);
  }, [frame, shown.ids, shown.isReady]);
  return { data, error: answer.error, retry: () => void answer.refetch() };
}

const EMPTY: IChartData = { ids: [], names: [], places: [], values: () => [] };

export function chartData(
  frame: { ids: readonly string[]; columns: readonly IColumn[] },
  shown: readonly string[]
): IChartData {
  const at = new Map(frame.ids.map((id, i) => [id, i]));
  const ids = shown.filter(id => at.has(id));
  const places = new Map(shown.map((id, i) => [id, i]));
  const columns = new Map(frame.columns.map(one => [one.key, one.values]));
  const values = (key: string): Cell[] =>
    ids.map(id => columns.get(key)?.[at.get(id)!] ?? null);
  return {
    ids,
    places: ids.map(id => places.get(id)!),
    names: values(NAME).map((name, i) => String(name ?? ids[i].slice(0, 8))),
    values
  };
}

/** A cell as a number; null when it is none. Parameters are stored as text. */
export function numberOf(value: Cell): number | null {
  if (value === null || value === '' || typeof value === 'boolean') {
    return null;
  }
  const number = typeof value === 'number' ? value : Number(value);
  return typeof value !== 'object' && Number.isFinite(number) ? number : null;
}

/** Texts of numbers that have no place on an axis. */
const NO_PLACE = /^[+-]?(nan|inf|infinity)$/i;

/** Numbers among texts: all that are there can be read as such. */
export function isNumeric(values: readonly Cell[]): boolean {
  const known = values.filter(
    value =>
      value !== null && value !== '' && !NO_PLACE.test(String(value).trim())
  );
  return known.length > 0 && known.every(value => numberOf(value) !== null);
}

/** Positive values that span more than two powers of ten are told apart on a logarithmic axis only. */
export function wantsLog(values: readonly (number | null)[]): boolean {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2 || known.some(value => value <= 0)) {
    return false;
  }
  return Math.max(...known) / Math.min(...known) >= 100;
}
