/** Runs that stand apart from the blocks: those inside what is expanded, and the pinned ones on top. */
import { useQueries } from '@tanstack/react-query';
import { useContext, useMemo } from 'react';
import type { IRunBlock, IRunGroup, IRunSearch } from '../api/types.runs';
import { useApi, VisibleContext } from '../hooks/useApi';
import { useHost } from '../host';
import type { IGridRow } from '../table/types';
import { FIXED } from './columns';
import { groupId, rowsOf } from './runLines';
import { runBlockQuery } from './runsQueries';
import { useSame } from './useRunBlocks';

/** Most runs shown below one that is expanded, most columns of them, and most pinned runs that stay in view. */
const MOST_CHILDREN = 500;
const MOST_COLUMNS = 90;
const MOST_PINNED = 6;

/** The runs with these ids, as a filter. */
export function idFilter(ids: readonly string[]): string {
  return `attributes.run_id IN (${ids.map(id => `'${id}'`).join(', ')})`;
}

/** What is in the runs and groups that are expanded, by their ids. */
export function useExpanded(
  search: IRunSearch,
  columns: readonly string[],
  expanded: ReadonlySet<string>,
  groups: readonly IRunGroup[] | undefined
): ReadonlyMap<string, IRunBlock> {
  const { api } = useHost();
  const visible = useContext(VisibleContext);
  const wanted = useMemo(() => {
    const fields = [...FIXED, ...columns].slice(0, MOST_COLUMNS);
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
  const pages = useSame(results.map(result => result.data));
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

/** The values of the pinned runs, the newest pinned first. */
export function usePinned(
  search: IRunSearch,
  columns: readonly string[],
  ids: readonly string[],
  enabled: boolean
): readonly IGridRow[] {
  const some = useMemo(() => ids.slice(0, MOST_PINNED), [ids]);
  const wanted = enabled && some.length > 0;
  const { data } = useApi(
    runBlockQuery({
      experiment_ids: search.experiment_ids,
      filter: idFilter(some),
      order_by: search.order_by,
      columns: [...FIXED, ...columns].slice(0, MOST_COLUMNS),
      offset: 0,
      limit: MOST_PINNED
    }),
    { enabled: wanted, keep: true }
  );
  return useMemo(() => (wanted && data ? rowsOf(data) : []), [data, wanted]);
}
