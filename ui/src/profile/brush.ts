/** What is brushed: a range of bins or some levels of a column, and the condition it stands for. */
import type { IColumnProfile, IDrillFilter } from '../api/types.explore';
import type { ITrans } from '../host';
import { timeText, valueText } from './words';

/** At most one condition per column, in the order they were made. */
export type Filters = readonly IDrillFilter[];

export function filterOf(
  filters: Filters,
  column: string
): IDrillFilter | undefined {
  return filters.find(one => one.column === column);
}

export function withFilter(
  filters: Filters,
  column: string,
  filter: IDrillFilter | undefined
): Filters {
  const others = filters.filter(one => one.column !== column);
  return filter ? [...others, filter] : others;
}

/**
 * The condition of bins `first` to `last`. What lies beyond the picture belongs to its outermost
 * bins, so that the largest value is never left out; all bins together are no condition.
 */
export function rangeFilter(
  column: IColumnProfile,
  first: number,
  last: number
): IDrillFilter | undefined {
  const edges = column.histogram?.edges ?? [];
  const [low, high] = [Math.min(first, last), Math.max(first, last)];
  const opens = low <= 0;
  const closes = high >= edges.length - 2;
  const name = column.column_name;
  if (opens && closes) {
    return undefined;
  }
  const [from, to] = [edges[low], edges[high + 1]];
  if (opens) {
    return { column: name, op: '<', value: to };
  }
  return closes
    ? { column: name, op: '>=', value: from }
    : { column: name, op: 'between', values: [from, to] };
}

/** The bins a condition covers, or null when it is none of this picture's. */
export function rangeOf(
  column: IColumnProfile,
  filter: IDrillFilter | undefined
): [number, number] | null {
  const edges = column.histogram?.edges ?? [];
  if (!filter || edges.length < 2) {
    return null;
  }
  const at = (value: unknown): number => edges.findIndex(one => one === value);
  const last = edges.length - 2;
  const [from, to] =
    filter.op === 'between'
      ? [at(filter.values?.[0]), at(filter.values?.[1]) - 1]
      : filter.op === '<'
        ? [0, at(filter.value) - 1]
        : filter.op === '>='
          ? [at(filter.value), last]
          : [-1, -1];
  return from >= 0 && to >= from ? [from, to] : null;
}

function level(column: IColumnProfile, item: string): string | boolean {
  return column.kind === 'boolean' ? item === 'true' : item;
}

/** Add a level to the chosen ones, or take it out. */
export function toggleLevel(
  column: IColumnProfile,
  filter: IDrillFilter | undefined,
  item: string
): IDrillFilter | undefined {
  const chosen = levelsOf(filter);
  const next = chosen.includes(item)
    ? chosen.filter(one => one !== item)
    : [...chosen, item];
  return next.length === 0
    ? undefined
    : {
        column: column.column_name,
        op: 'in',
        values: next.map(one => level(column, one))
      };
}

export function levelsOf(filter: IDrillFilter | undefined): string[] {
  return filter?.op === 'in' ? (filter.values ?? []).map(String) : [];
}

/** A condition as a person reads it: `dep_delay: 30 to 120`. */
export function filterText(
  filter: IDrillFilter,
  column: IColumnProfile | undefined,
  trans: ITrans
): string {
  const show = (value: unknown): string =>
    column?.kind === 'datetime'
      ? timeText(value)
      : typeof value === 'number'
        ? valueText(value, 'numeric')
        : String(value);
  const values = (filter.values ?? []).map(show);
  switch (filter.op) {
    case 'between':
      return trans.__('%1: %2 to %3', filter.column, values[0], values[1]);
    case 'in':
      return trans.__('%1: %2', filter.column, values.join(', '));
    case 'is_null':
      return trans.__('%1 is missing', filter.column);
    case 'is_not_null':
      return trans.__('%1 is there', filter.column);
    default:
      return trans.__('%1 %2 %3', filter.column, filter.op, show(filter.value));
  }
}
