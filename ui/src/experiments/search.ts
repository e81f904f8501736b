/** What the runs page is asked for, kept in its address: filter, order, states, time, groups. */
import type { IRunSearch, RunStatus } from '../api/types.runs';
import type { ISort } from '../table/types';
import { START } from './columns';

/** All experiments together, in place of the id of one. */
export const ALL = 'all';

export const SPANS: Readonly<Record<string, number>> = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30 * 86_400_000
};

export type Query = Readonly<Record<string, string>>;

/** MLflow's order: the key after its first point is quoted. */
export function orderBy(sort: ISort | null): string[] {
  if (!sort) {
    return [`${START} DESC`];
  }
  const [kind, ...rest] = sort.key.split('.');
  const name = rest.join('.').replace(/`/g, '``');
  const key = kind === 'attributes' ? sort.key : `${kind}.\`${name}\``;
  return [`${key} ${sort.down ? 'DESC' : 'ASC'}`];
}

export function sortOf(query: Query): ISort | null {
  return query.sort ? { key: query.sort, down: query.order !== 'asc' } : null;
}

/** Conditions one after the other: MLflow's language joins them with AND only. */
export function joinFilter(...parts: (string | undefined)[]): string {
  return parts.filter(Boolean).join(' AND ');
}

/**
 * The search behind the page. Runs that are in others are shown inside them, unless a filter asks for
 * some of them: then each that fulfils it stands for itself.
 */
export function searchOf(
  experimentId: string,
  query: Query,
  now: number
): IRunSearch {
  const span = SPANS[query.since];
  const filter = joinFilter(
    query.filter,
    // To the minute, so that the same question is asked for a while.
    span ? `${START} > ${Math.floor(now / 60_000) * 60_000 - span}` : undefined
  );
  const state = query.state
    ? (query.state.split(',') as RunStatus[])
    : undefined;
  const deleted = query.trash === '1';
  const flat = Boolean(filter) || state !== undefined || deleted;
  return {
    experiment_ids: experimentId === ALL ? undefined : [experimentId],
    filter: filter || undefined,
    order_by: orderBy(sortOf(query)),
    state,
    deleted: deleted || undefined,
    group_by: deleted ? undefined : query.group || undefined,
    parent: flat || query.group || query.nested === 'off' ? undefined : ''
  };
}
