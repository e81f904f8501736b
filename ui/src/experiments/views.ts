/** Named views of a runs page, kept on the server: filter, order, columns and pictures under a name. */
import { useQueryClient } from '@tanstack/react-query';
import type { IQuery } from '../api/queries';
import { useApi } from '../hooks/useApi';
import { useHost } from '../host';
import type { ICard } from './charts/cards';

export interface IRunsView {
  name: string;
  query: Record<string, string>;
  columns: string[] | null;
  cards: ICard[] | null;
}

const MOST_VIEWS = 50;

function viewsQuery(experimentId: string): IQuery<IRunsView[]> {
  const key = `runs.views.${experimentId}`;
  return {
    key: ['state', key],
    subjects: [],
    fetch: async (api, signal) =>
      (await api.workspace.remembered<IRunsView[]>(key, signal)) ?? []
  };
}

export interface IViews {
  views: readonly IRunsView[];
  save(view: IRunsView): void;
  remove(name: string): void;
}

export function useViews(experimentId: string): IViews {
  const host = useHost();
  const cache = useQueryClient();
  const query = viewsQuery(experimentId);
  const views = useApi(query).data ?? [];
  const put = (next: IRunsView[]): void => {
    cache.setQueryData([...query.key], next);
    host.api.workspace
      .remember(`runs.views.${experimentId}`, next)
      .catch((error: Error) => {
        cache.setQueryData([...query.key], views);
        host.notify({ kind: 'error', message: error.message });
      });
  };
  return {
    views,
    save: view =>
      put(
        [view, ...views.filter(one => one.name !== view.name)].slice(
          0,
          MOST_VIEWS
        )
      ),
    remove: name => put(views.filter(one => one.name !== name))
  };
}
