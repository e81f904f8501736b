/** What a person pinned and looked at last, kept on the server: the same in every browser. */
import { useQueryClient } from '@tanstack/react-query';
import type { IQuery } from '../api/queries';
import { useApi } from '../hooks/useApi';
import { useHost } from '../host';

/** An object as it was when it was pinned or seen. */
export interface IRemembered {
  address: string;
  name: string;
  kind: string;
}

export const PINS = 'catalog.pins';
export const RECENT = 'catalog.recent';
const MOST_PINS = 100;

export function rememberedQuery(key: string): IQuery<IRemembered[]> {
  return {
    key: ['state', key],
    subjects: [],
    fetch: async (api, signal) =>
      (await api.workspace.remembered<IRemembered[]>(key, signal)) ?? []
  };
}

export interface IPins {
  items: readonly IRemembered[];
  has(address: string): boolean;
  toggle(object: IRemembered): void;
}

export function usePins(): IPins {
  const host = useHost();
  const cache = useQueryClient();
  const query = rememberedQuery(PINS);
  const items = useApi(query).data ?? [];
  const has = (address: string): boolean =>
    items.some(item => item.address === address);
  return {
    items,
    has,
    toggle: ({ address, name, kind }) => {
      const next = has(address)
        ? items.filter(item => item.address !== address)
        : [{ address, name, kind }, ...items].slice(0, MOST_PINS);
      cache.setQueryData([...query.key], next);
      host.api.workspace.remember(PINS, next).catch((error: Error) => {
        cache.setQueryData([...query.key], items);
        host.notify({ kind: 'error', message: error.message });
      });
    }
  };
}
