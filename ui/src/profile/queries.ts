import type { IQuery } from '../api/queries';
import type {
  IDataComparison,
  IProfile,
  IProfileInfo
} from '../api/types.explore';

/** Stored profiles of a table or view, the newest first, and those that are being made. */
export function profilesQuery(source: string): IQuery<IProfileInfo[]> {
  return {
    key: ['profiles', source],
    subjects: [`table:${source}`, 'profile:*'],
    fetch: async (api, signal) =>
      (await api.explore.profiles(source, signal)).profiles
  };
}

export function profileQuery(id: string): IQuery<IProfile> {
  return {
    key: ['profiles', 'one', id],
    subjects: [`profile:${id}`],
    fetch: (api, signal) => api.explore.profile(id, signal)
  };
}

export function comparisonQuery(id: string): IQuery<IDataComparison> {
  return {
    key: ['profiles', 'comparison', id],
    subjects: [`profile:${id}`],
    fetch: (api, signal) => api.explore.comparison(id, signal)
  };
}
