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

/**
 * The items in the order of the goals, then as they were, but what nobody wrote down after what
 * somebody did: the insides of a pipeline, what autologging measures, the computer.
 */
export function byGoals<T>(
  items: readonly T[],
  goals: readonly string[],
  nameOf: (item: T) => string
): T[] {
  const parts = new Set(
    items.map(nameOf).flatMap(name => {
      const end = name.indexOf('__');
      return end > 0 ? [name.slice(0, end), ...OF_PIPELINES] : [];
    })
  );
  const rank = (item: T): number => {
    const name = nameOf(item);
    const at = goals.indexOf(name);
    return at < 0 ? goals.length + remoteness(name, parts) : at;
  };
  return items
    .map(item => [rank(item), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

/** What a pipeline takes for itself, beside its parts. */
const OF_PIPELINES = ['memory', 'steps', 'transform_input', 'verbose'];

/** How far a name is from what a person chose; `step__alpha` belongs to the part `step`. */
function remoteness(name: string, parts: ReadonlySet<string>): number {
  if (/^(mlnb|system)\//.test(name)) {
    return 3;
  }
  if (name.startsWith('training_')) {
    return 2;
  }
  return name.includes('__') || parts.has(name) ? 1 : 0;
}
