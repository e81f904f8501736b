/** The commits of a table, newest first, and the way to older ones. */
import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import type { ICommit } from '../api/types';
import { useAction, useApi } from '../hooks/useApi';
import { HISTORY_PAGE, historyQuery } from './queries';

export interface IHistory {
  query: UseQueryResult<ICommit[], Error>;
  commits: readonly ICommit[];
  /** Fetch older ones; undefined when all are there. */
  older?: () => void;
  isFetching: boolean;
}

export function useHistory(name: string): IHistory {
  const query = useApi(historyQuery(name));
  // Commits never change: what was fetched stays while newer ones arrive.
  const [known, setKnown] = useState<readonly ICommit[]>([]);
  const [ended, setEnded] = useState(false);
  const newest = query.data ?? [];
  const first = newest[newest.length - 1]?.version ?? 0;
  const commits = [...newest, ...known.filter(one => one.version < first)];
  const last = commits[commits.length - 1];
  const fetch = useAction(
    (api, before: number) =>
      api.catalog.history(name, { limit: HISTORY_PAGE, before }),
    found => {
      // The new ones end the newest page as it is now, whatever is committed later.
      setKnown([...commits, ...found]);
      setEnded(found.length < HISTORY_PAGE);
    }
  );
  // A log may have been cleaned up: it need not begin with version 0.
  const mayHaveMore =
    last !== undefined &&
    last.version > 0 &&
    newest.length >= HISTORY_PAGE &&
    !ended;
  return {
    query,
    commits,
    older: mayHaveMore ? () => fetch.mutate(last.version) : undefined,
    isFetching: fetch.isPending
  };
}
