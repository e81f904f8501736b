/** The pictures of a page, kept on the server: the same in every browser of a person. */
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { IQuery } from '../../api/queries';
import { useApi } from '../../hooks/useApi';
import { useHost } from '../../host';
import { defaultCards } from './cards';
import type { ICard, IKnown } from './cards';

export interface ICards {
  cards: readonly ICard[];
  isReady: boolean;
  /** Whether they are others than one begins with. */
  isChanged: boolean;
  set(cards: readonly ICard[]): void;
  change(id: string, change: Partial<ICard>): void;
  reset(): void;
}

function cardsQuery(key: string): IQuery<ICard[] | null> {
  return {
    key: ['state', key],
    subjects: [],
    fetch: async (api, signal) =>
      (await api.workspace.remembered<ICard[] | null>(key, signal)) ?? null
  };
}

export function useCards(experimentId: string, known: IKnown): ICards {
  const host = useHost();
  const cache = useQueryClient();
  const name = `runs.charts.${experimentId}`;
  const { data, error } = useApi(cardsQuery(name));
  const usual = useMemo(() => defaultCards(known), [known]);
  const cards = data ?? usual;
  const isReady = data !== undefined || error !== null;
  return useMemo(() => {
    const put = (next: readonly ICard[] | null): void => {
      cache.setQueryData([...cardsQuery(name).key], next);
      host.api.workspace.remember(name, next).catch((failure: Error) => {
        host.notify({ kind: 'error', message: failure.message });
      });
    };
    return {
      cards,
      isReady,
      isChanged: Boolean(data),
      set: put,
      change: (id, change) =>
        put(
          cards.map(card => (card.id === id ? { ...card, ...change } : card))
        ),
      reset: () => put(null)
    };
  }, [cards, data, isReady, name, cache, host]);
}
