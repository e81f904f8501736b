/** Runs laid aside to be compared, kept on the server: the same in every window and browser of a person. */
import { formatAddress } from '../address';
import type { IQuery } from '../api/queries';
import { queryClientOf } from '../hooks/queryClient';
import { useApi } from '../hooks/useApi';
import { useHost } from '../host';
import type { IHost } from '../host';

/** A run as it was called when it was laid aside. */
export interface ITrayRun {
  run_id: string;
  name: string;
}

const KEY = 'runs.tray';

/** More cannot be compared at once. */
export const MOST_COMPARED = 100;

/** The name of the compare page that shows the tray, whatever is in it. */
export const TRAY = 'tray';

export function trayQuery(): IQuery<ITrayRun[]> {
  return {
    key: ['state', KEY],
    subjects: [],
    fetch: async (api, signal) =>
      (await api.workspace.remembered<ITrayRun[]>(KEY, signal)) ?? []
  };
}

/** The address of the page that compares runs; of two the order says which is the first. */
export function compareAddress(runIds: readonly string[]): string {
  return formatAddress('compare', runIds.slice(0, MOST_COMPARED).join(','));
}

/** The address of what differs between two runs. */
export function diffAddress(a: string, b: string): string {
  return formatAddress('diff', a, { part: b });
}

/** Put other runs into the tray in place of those it holds. */
export function setTray(host: IHost, runs: readonly ITrayRun[]): void {
  const cache = queryClientOf(host);
  const key = [...trayQuery().key];
  const before = cache.getQueryData<ITrayRun[]>(key);
  cache.setQueryData(key, runs);
  host.api.workspace.remember(KEY, runs).catch((error: Error) => {
    cache.setQueryData(key, before);
    host.notify({ kind: 'error', message: error.message });
  });
}

/** Lay runs aside; those that are there already stay where they are. */
export async function addToTray(
  host: IHost,
  runs: readonly ITrayRun[]
): Promise<void> {
  const { trans } = host;
  const query = trayQuery();
  let held: readonly ITrayRun[];
  try {
    held = await queryClientOf(host).fetchQuery({
      queryKey: [...query.key],
      queryFn: ({ signal }) => query.fetch(host.api, signal)
    });
  } catch (error) {
    // Without knowing what it holds, nothing is written over it.
    host.notify({ kind: 'error', message: (error as Error).message });
    return;
  }
  const known = new Set(held.map(run => run.run_id));
  const added = runs.filter(run => !known.has(run.run_id));
  const next = [...held, ...added];
  if (next.length > MOST_COMPARED) {
    host.notify({
      kind: 'warning',
      message: trans.__(
        'The compare tray holds %1 runs at most.',
        MOST_COMPARED
      ),
      hint: trans.__('Take some out first.')
    });
    return;
  }
  if (added.length > 0) {
    setTray(host, next);
  }
  host.notify({
    kind: 'success',
    message:
      added.length > 0
        ? trans._n(
            '%1 run added to the compare tray.',
            '%1 runs added to the compare tray.',
            added.length
          )
        : trans.__('The compare tray holds them already.'),
    actions:
      next.length > 1
        ? [
            {
              label: trans.__('Compare'),
              run: () => host.open(formatAddress('compare', TRAY))
            }
          ]
        : undefined
  });
}

export interface ITray {
  runs: readonly ITrayRun[];
  has(runId: string): boolean;
  add(runs: readonly ITrayRun[]): void;
  remove(runId: string): void;
  clear(): void;
}

export function useTray(): ITray {
  const host = useHost();
  const runs = useApi(trayQuery()).data ?? [];
  return {
    runs,
    has: runId => runs.some(run => run.run_id === runId),
    add: added => void addToTray(host, added),
    remove: runId =>
      setTray(
        host,
        runs.filter(run => run.run_id !== runId)
      ),
    clear: () => setTray(host, [])
  };
}
