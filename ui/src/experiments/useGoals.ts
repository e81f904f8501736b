import { useMemo } from 'react';
import type { IScope } from '../api/types';
import { useApi } from '../hooks/useApi';
import { scopesQuery } from './queries';

export interface IGoals {
  /** Names of metrics, those that decide first. */
  names: readonly string[];
  /** False until it is known whether there are any. */
  isReady: boolean;
}

/** The metrics that scope cards name, primary ones first: what a list or a picture begins with. */
export function useGoals(): IGoals {
  const { data, error } = useApi(scopesQuery());
  return useMemo(
    () => ({
      names: goalNames(data ?? []),
      // Without the cards everything is shown all the same, in another order.
      isReady: data !== undefined || error !== null
    }),
    [data, error]
  );
}

export function goalNames(scopes: readonly IScope[]): string[] {
  const goals = scopes.flatMap(scope => scope.card.metrics);
  const names = [
    ...goals.filter(goal => goal.primary),
    ...goals.filter(goal => !goal.primary)
  ].map(goal => goal.name);
  return [...new Set(names)];
}

/** The items in the order of the goals, then as they were. */
export function byGoals<T>(
  items: readonly T[],
  goals: readonly string[],
  nameOf: (item: T) => string
): T[] {
  const rank = (item: T): number => {
    const at = goals.indexOf(nameOf(item));
    return at < 0 ? goals.length : at;
  };
  return [...items].sort((a, b) => rank(a) - rank(b));
}
