/**
 * One cache of answers per host, and what makes it live: a change told by the journal marks the
 * answers that depend on it stale. Those on the screen are fetched again, the others when shown.
 */
import { QueryClient } from '@tanstack/react-query';
import type { Query } from '@tanstack/react-query';
import { ApiError, isAbort } from '../api/errors';
import { dependsOn } from '../api/queries';
import type { IChanges, IHost } from '../host';

/** Changes that come in quick succession cost one round of requests, not many. */
const THROTTLE_MS = 250;

const clients = new WeakMap<IHost, QueryClient>();

export function queryClientOf(host: IHost): QueryClient {
  let client = clients.get(host);
  if (!client) {
    client = new QueryClient({
      defaultOptions: {
        queries: {
          // The journal says when an answer is out of date; time alone says nothing.
          staleTime: Infinity,
          gcTime: 5 * 60_000,
          refetchOnWindowFocus: false,
          refetchOnReconnect: true,
          retry: (failures, error) => failures < 2 && isPassing(error)
        },
        mutations: { retry: false }
      }
    });
    clients.set(host, client);
    follow(host, client);
  }
  return client;
}

/** Could the same request succeed a moment later? A refusal stays one. */
function isPassing(error: unknown): boolean {
  if (isAbort(error)) {
    return false;
  }
  return !(error instanceof ApiError) || error.status >= 500;
}

function follow(host: IHost, client: QueryClient): void {
  let subjects = new Set<string>();
  let everything = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  // On their way since before the change. They are shown, then asked again: were they given up, a run that
  // logs faster than the server answers would let nothing be seen.
  const late = new Set<Query>();

  const flush = (): void => {
    timer = null;
    const changed = [...subjects];
    const all = everything;
    const before = new Set(late);
    subjects = new Set();
    everything = false;
    late.clear();
    const isStale = (query: Query): boolean => {
      const patterns = query.meta?.subjects as readonly string[] | undefined;
      return (
        all ||
        before.has(query) ||
        changed.some(one => dependsOn(patterns ?? [], one))
      );
    };
    const ready = new Set<Query>();
    for (const query of client
      .getQueryCache()
      .findAll({ predicate: isStale })) {
      (query.state.fetchStatus === 'fetching' ? late : ready).add(query);
    }
    void client.invalidateQueries({ predicate: query => ready.has(query) });
    schedule();
  };
  const schedule = (): void => {
    const isDue = everything || subjects.size > 0 || late.size > 0;
    if (timer === null && !document.hidden && isDue) {
      timer = setTimeout(flush, THROTTLE_MS);
    }
  };
  host.events.onChanges((changes: IChanges) => {
    everything ||= changes.gap;
    changes.events.forEach(event => subjects.add(event.subject));
    schedule();
  });
  // A hidden page asks for nothing; what gathered meanwhile is fetched when it is seen again.
  document.addEventListener('visibilitychange', schedule);
}
