/** Which runs the pictures show: the newest, all, or those chosen, without those that were hidden. */
import { useCallback, useMemo, useState } from 'react';
import type { IRunSearch } from '../../api/types.runs';
import { useApi } from '../../hooks/useApi';
import { NAME, START } from '../columns';
import { frameQuery, newestQuery } from '../runsQueries';

export type ShownMode = '10' | '20' | '50' | '100' | 'all' | 'chosen';

/** So many points a picture of all runs holds. */
export const MOST_POINTS = 2000;

export interface IShownRuns {
  mode: ShownMode;
  /** In the order of their colours. */
  ids: readonly string[];
  hidden: ReadonlySet<string>;
  total: number;
  sampled: boolean;
  isReady: boolean;
  error: Error | null;
  /** Place in the order of colours; undefined for a run that is not shown. */
  place(id: string): number | undefined;
  toggle(id: string): void;
}

export function useShownRuns(options: {
  search: IRunSearch;
  mode: ShownMode;
  chosen: readonly string[];
  enabled: boolean;
}): IShownRuns {
  const { search, mode, chosen, enabled } = options;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [forced, setForced] = useState<ReadonlySet<string>>(new Set());
  // Runs inside others are drawn as well: of a search for parameters they are what differs.
  const { experiment_ids, filter, state } = search;
  const newest = useApi(
    newestQuery({
      experiment_ids,
      filter,
      state,
      columns: [NAME],
      order_by: [`${START} DESC`],
      offset: 0,
      limit: mode === 'all' || mode === 'chosen' ? 1 : Number(mode)
    }),
    { keep: true, enabled: enabled && mode !== 'all' && mode !== 'chosen' }
  );
  const all = useApi(
    frameQuery({
      experiment_ids,
      filter,
      state,
      columns: [NAME, START],
      max_points: MOST_POINTS
    }),
    { keep: true, enabled: enabled && mode === 'all' }
  );
  const error = (mode === 'all' ? all : newest).error;
  const found = mode === 'all' ? all.data : newest.data;
  const candidates = mode === 'chosen' ? chosen : (found?.ids ?? NONE);
  const ids = useMemo(() => {
    const known = new Set(candidates);
    const extra = [...forced].filter(id => !known.has(id));
    return [...candidates, ...extra].filter(id => !hidden.has(id));
  }, [candidates, forced, hidden]);
  const places = useMemo(() => new Map(ids.map((id, i) => [id, i])), [ids]);
  const toggle = useCallback(
    (id: string) => {
      const shown = places.has(id);
      setHidden(old => without(old, id, shown));
      setForced(old => without(old, id, !shown));
    },
    [places]
  );
  const total = mode === 'chosen' ? chosen.length : (found?.total ?? 0);
  return useMemo(
    () => ({
      mode,
      ids,
      hidden,
      total,
      sampled: mode === 'all' && (all.data?.sampled ?? false),
      isReady: mode === 'chosen' || found !== undefined,
      error: mode === 'chosen' ? null : error,
      place: id => places.get(id),
      toggle
    }),
    [mode, ids, hidden, total, found, all.data, error, places, toggle]
  );
}

const NONE: readonly string[] = [];

/** The set with or without an id. */
function without(
  old: ReadonlySet<string>,
  id: string,
  member: boolean
): ReadonlySet<string> {
  const next = new Set(old);
  if (member) {
    next.add(id);
  } else {
    next.delete(id);
  }
  return next;
}
