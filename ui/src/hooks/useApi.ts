import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { UseMutationResult, UseQueryResult } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { ApiClient } from '../api/client';
import type { IQuery } from '../api/queries';
import { ApiError } from '../api/errors';
import { useHost } from '../host';

export const VisibleContext = createContext(true);

export interface IApiOptions {
  /** Keep showing the last answer while another key is fetched (filter, sort). */
  keep?: boolean;
  enabled?: boolean;
}

/** The answer of a read, kept up to date while visible. */
export function useApi<T>(
  query: IQuery<T>,
  options: IApiOptions = {}
): UseQueryResult<T, Error> {
  const { api } = useHost();
  const visible = useContext(VisibleContext);
  return useQuery<T, Error>({
    queryKey: [...query.key],
    queryFn: ({ signal }) => query.fetch(api, signal),
    meta: { subjects: query.subjects },
    enabled: visible && (options.enabled ?? true),
    placeholderData: options.keep ? keepPreviousData : undefined
  });
}

/**
 * A change. A refusal is told by a notice with its hint; what changed on the screen comes back
 * through the journal, as for a change made by anybody else.
 */
export function useAction<A, R>(
  run: (api: ApiClient, argument: A) => Promise<R>,
  done?: (result: R, argument: A) => void
): UseMutationResult<R, Error, A> {
  const host = useHost();
  return useMutation<R, Error, A>({
    mutationFn: argument => run(host.api, argument),
    onSuccess: done,
    onError: error => {
      host.notify({
        kind: 'error',
        message: error.message,
        hint: error instanceof ApiError ? error.hint : null
      });
    }
  });
}
