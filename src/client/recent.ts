import { queryClientOf } from '@mlnb/ui/lib/hooks/queryClient';
import { RECENT, rememberedQuery } from '@mlnb/ui/lib/catalog/usePins';
import { formatAddress } from '@mlnb/ui/lib/address';
import type { IAddress } from '@mlnb/ui/lib/address';
import type { IMlnbHost } from '../tokens';

const MOST = 20;
/** Pages that are no object one would come back to. */
const PASSING = new Set(['import', 'compare', 'diff']);

/** Remember an object that was opened. What goes wrong here concerns nobody. */
export async function noteRecent(
  host: IMlnbHost,
  opened: IAddress
): Promise<void> {
  if (PASSING.has(opened.kind)) {
    return;
  }
  const { kind, name, part } = opened;
  const item = {
    address: formatAddress(kind, name, { part }),
    name: part ? `${name}/${part}` : name,
    kind
  };
  const cache = queryClientOf(host);
  const query = rememberedQuery(RECENT);
  try {
    const before = await cache.fetchQuery({
      queryKey: [...query.key],
      queryFn: ({ signal }) => query.fetch(host.api, signal)
    });
    if (before[0]?.address === item.address) {
      return;
    }
    const others = before.filter(one => one.address !== item.address);
    const next = [item, ...others].slice(0, MOST);
    cache.setQueryData([...query.key], next);
    await host.api.workspace.remember(RECENT, next);
  } catch {
    // The list is a convenience: the page is open.
  }
}
