/** The pictures of a runs page: which there are, in which order and size, and what each shows. */
import type { IRunColumn } from '../../api/types';
import type { CurveAxis } from '../../api/types.runs';
import { byGoals } from '../useGoals';
import { shortKey } from '../rows';

export type CardKind = 'parallel' | 'scatter' | 'contour' | 'bar' | 'line';

export interface ICard {
  id: string;
  kind: CardKind;
  /** Of six columns. */
  width: number;
  /** In pixels. */
  height: number;
  x?: string;
  y?: string;
  /** What colours it: a metric or a parameter. */
  color?: string;
  /** The axes of parallel coordinates, from the left. */
  axes?: string[];
  /** Nobody has chosen the axes: those on which nothing differs are left out. */
  auto?: boolean;
  metrics?: string[];
  over?: CurveAxis;
  /** From 0 (as logged) to 0.99. */
  smoothing?: number;
  logX?: boolean;
  logY?: boolean;
  /** A parameter: runs with one value of it are drawn as one. */
  groupBy?: string;
}

export const COLUMNS = 6;
export const HEIGHTS = { least: 160, most: 900, usual: 280 };
/** So many parameters are asked for, to find those on which the runs differ. */
const CANDIDATES = 16;

let counter = 0;

/** A name that no other card has. */
export function newId(): string {
  counter += 1;
  return `${Date.now().toString(36)}-${counter}`;
}

export interface IKnown {
  metrics: readonly string[];
  params: readonly string[];
  /** A metric that runs have logged more than once. */
  history?: string;
}

export function knownKeys(
  columns: readonly IRunColumn[],
  goals: readonly string[]
): IKnown {
  const ordered = byGoals(columns, goals, column => shortKey(column.key));
  const keys = (prefix: string): string[] =>
    ordered.map(column => column.key).filter(key => key.startsWith(prefix));
  return { metrics: keys('metrics.'), params: keys('params.') };
}

/** What a new card shows. */
export function newCard(kind: CardKind, known: IKnown): ICard {
  const [metric, second] = known.metrics;
  const [param, other] = known.params;
  const base = { id: newId(), kind, width: 3, height: HEIGHTS.usual };
  switch (kind) {
    case 'parallel':
      return {
        ...base,
        width: COLUMNS,
        auto: true,
        axes: [
          ...known.params.slice(0, CANDIDATES),
          ...(metric ? [metric] : [])
        ],
        color: metric
      };
    case 'scatter':
      return {
        ...base,
        x: param ?? second ?? metric,
        y: metric,
        color: second
      };
    case 'contour':
      return { ...base, x: param ?? second, y: other ?? second, color: metric };
    case 'bar':
      return { ...base, metrics: metric ? [metric] : [] };
    case 'line':
      return {
        ...base,
        metrics: [known.history ?? metric].filter(isText),
        over: 'step'
      };
  }
}

/** What one begins with: parameters beside the metric that counts, and that metric run by run. */
export function defaultCards(known: IKnown): ICard[] {
  if (known.metrics.length === 0) {
    return [];
  }
  const cards: ICard[] = [];
  if (known.params.length > 0) {
    cards.push({ ...newCard('parallel', known), id: 'parallel' });
  }
  cards.push({ ...newCard('bar', known), id: 'bar' });
  if (known.history) {
    cards.push({ ...newCard('line', known), id: 'line' });
  }
  if (known.params.length > 0 || known.metrics.length > 1) {
    cards.push({ ...newCard('scatter', known), id: 'scatter' });
  }
  return cards;
}

const isText = (key: string | undefined): key is string => key !== undefined;

/** A card elsewhere in the order. */
export function moveCard(
  cards: readonly ICard[],
  id: string,
  to: number
): ICard[] {
  const from = cards.findIndex(card => card.id === id);
  const next = [...cards];
  if (from >= 0) {
    const [card] = next.splice(from, 1);
    next.splice(Math.max(0, Math.min(to, next.length)), 0, card);
  }
  return next;
}

export function resizeCard(card: ICard, width: number, height: number): ICard {
  return {
    ...card,
    width: Math.max(2, Math.min(Math.round(width), COLUMNS)),
    height: Math.round(Math.max(HEIGHTS.least, Math.min(height, HEIGHTS.most)))
  };
}

/** All columns a card draws. */
export function keysOf(card: ICard): string[] {
  const { x, y, color, groupBy, axes = [], metrics = [] } = card;
  const wanted =
    card.kind === 'parallel'
      ? [...axes, color]
      : card.kind === 'bar'
        ? [...metrics, groupBy]
        : card.kind === 'line'
          ? [groupBy]
          : [x, y, color, groupBy];
  return [...new Set(wanted.filter((key): key is string => Boolean(key)))];
}

export function cardTitle(card: ICard): string {
  const name = (key: string | undefined): string => shortKey(key ?? '–');
  switch (card.kind) {
    case 'parallel':
      return card.auto ? '' : (card.axes ?? []).map(shortKey).join(' · ');
    case 'scatter':
      return `${name(card.y)} / ${name(card.x)}`;
    case 'contour':
      return `${name(card.color)} / ${name(card.x)} × ${name(card.y)}`;
    default:
      return (card.metrics ?? []).map(shortKey).join(', ') || '–';
  }
}
