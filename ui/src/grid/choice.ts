/** What a reader chose to draw: a question, a picture and the code that draws the same. */
import type { IDrill, IDrillResult } from '../api/types.explore';
import type { IChartSpec, ISeries } from '../charts/engine';
import { isNumericType, isTemporalType } from '../format';
import type { ITrans } from '../host';

export type ChartKind =
  'bars' | 'hist' | 'over_time' | 'scatter' | 'box' | 'cross';
export type Aggregate = NonNullable<IDrill['aggregate']>;

export interface IChoice {
  kind: ChartKind;
  x: string;
  y?: string;
  by?: string;
  aggregate?: Aggregate;
}

export const KINDS: readonly ChartKind[] = [
  'bars',
  'over_time',
  'hist',
  'scatter',
  'box',
  'cross'
];
export const AGGREGATES: readonly Aggregate[] = [
  'count',
  'mean',
  'sum',
  'median',
  'min',
  'max'
];

const isMeasure = (type: string): boolean =>
  isNumericType(type) || isTemporalType(type) || /^boolean/i.test(type);

/** Which columns a part of a picture can have. */
export function fits(
  kind: ChartKind,
  part: 'x' | 'y' | 'by',
  type: string
): boolean {
  if (part === 'by') {
    return true;
  }
  if (part === 'y') {
    return kind === 'cross' || isMeasure(type);
  }
  switch (kind) {
    case 'bars':
    case 'cross':
      return true;
    case 'over_time':
      return isTemporalType(type) || isNumericType(type);
    default:
      return isMeasure(type);
  }
}

/** Which parts a picture has; `y?` may be left out. */
export function partsOf(kind: ChartKind): ('x' | 'y' | 'y?' | 'by')[] {
  switch (kind) {
    case 'hist':
      return ['x'];
    case 'box':
      return ['x', 'by'];
    case 'cross':
      return ['x', 'y'];
    case 'scatter':
      return ['x', 'y', 'by'];
    default:
      return ['x', 'y?', 'by'];
  }
}

/** A first picture that says something: a time over the rows, else the first column's values. */
export function firstChoice(
  columns: readonly string[],
  types: readonly string[]
): IChoice {
  const time = types.findIndex(isTemporalType);
  if (time >= 0) {
    return { kind: 'over_time', x: columns[time] };
  }
  const level = types.findIndex(type => /^(string|boolean)/i.test(type));
  return level >= 0
    ? { kind: 'bars', x: columns[level] }
    : { kind: 'hist', x: columns[0] ?? '' };
}

/** The choice with columns that fit its kind: what does not is replaced by the first that does. */
export function settled(
  choice: IChoice,
  columns: readonly string[],
  types: readonly string[]
): IChoice {
  const pick = (part: 'x' | 'y', wanted: string | undefined): string => {
    const fitting = columns.filter((_, at) =>
      fits(choice.kind, part, types[at])
    );
    return wanted && fitting.includes(wanted) ? wanted : (fitting[0] ?? '');
  };
  const parts = partsOf(choice.kind);
  const made: IChoice = { kind: choice.kind, x: pick('x', choice.x) };
  if (parts.includes('y')) {
    const others = columns.filter(
      (name, at) => name !== made.x && fits(choice.kind, 'y', types[at])
    );
    made.y =
      choice.y && others.includes(choice.y) ? choice.y : (others[0] ?? made.x);
  } else if (parts.includes('y?') && choice.y) {
    made.y = pick('y', choice.y);
    made.aggregate =
      choice.aggregate && choice.aggregate !== 'count'
        ? choice.aggregate
        : 'mean';
  }
  if (parts.includes('by') && choice.by && columns.includes(choice.by)) {
    made.by = choice.by;
  }
  return made;
}

export function questionOf(choice: IChoice): IDrill {
  const { kind, x, y, by, aggregate } = choice;
  return {
    kind,
    x,
    ...(y ? { y } : {}),
    ...(by ? { by } : {}),
    ...(aggregate ? { aggregate } : {}),
    ...(kind === 'scatter' ? { limit: 2000 } : {}),
    ...(kind === 'bars' ? { limit: 40 } : {}),
    ...(kind === 'over_time' ? { bins: 60 } : {})
  };
}

/** What the axis of values says. */
export function measureText(choice: IChoice, trans: ITrans): string {
  const { kind, y, aggregate } = choice;
  if (kind === 'scatter' || kind === 'cross') {
    return y ?? '';
  }
  return y && aggregate
    ? trans.__('%1 of %2', aggregateText(aggregate, trans), y)
    : trans.__('rows');
}

export function aggregateText(aggregate: Aggregate, trans: ITrans): string {
  switch (aggregate) {
    case 'count':
      return trans.__('rows');
    case 'sum':
      return trans.__('sum');
    case 'mean':
      return trans.__('mean');
    case 'median':
      return trans.__('median');
    case 'min':
      return trans.__('smallest');
    case 'max':
      return trans.__('largest');
  }
}

type Column = IDrillResult['columns'][string];

/** The picture of an answer; boxes and tables of two columns have components of their own. */
export function specOf(
  choice: IChoice,
  result: IDrillResult,
  trans: ITrans
): IChartSpec | null {
  const { columns } = result;
  const y = { label: measureText(choice, trans) };
  switch (choice.kind) {
    case 'hist':
      return {
        x: { label: choice.x, type: isTime(result, 'x') ? 'date' : 'linear' },
        y: { label: trans.__('rows') },
        series: [histogram(choice, result)],
        gap: 0.04
      };
    case 'bars':
      return {
        x: { label: choice.x, type: 'category' },
        y,
        series: grouped(columns, 'value', 'bar', trans),
        horizontal: !choice.by && longest(columns.x) > 12
      };
    case 'over_time':
      return {
        x: { label: choice.x, type: isTime(result, 'x') ? 'date' : 'linear' },
        y,
        series: grouped(columns, 'value', 'line', trans)
      };
    case 'scatter':
      return {
        x: { label: choice.x, type: isTime(result, 'x') ? 'date' : 'linear' },
        y: {
          label: choice.y ?? '',
          type: isTime(result, 'y') ? 'date' : 'linear'
        },
        series: grouped(columns, 'y', 'dots', trans)
      };
    default:
      return null;
  }
}

function isTime(result: IDrillResult, part: string): boolean {
  return isTemporalType(result.types?.[part] ?? '');
}

function histogram(choice: IChoice, result: IDrillResult): ISeries {
  const { lower = [], upper = [], count = [] } = result.columns;
  const time = isTime(result, 'x');
  return {
    name: choice.x,
    kind: 'bar',
    x: lower.map((low, i) => {
      const middle = (Number(low) + Number(upper[i])) / 2;
      return time ? new Date(middle / 1000).toISOString() : middle;
    }),
    y: count.map(Number)
  };
}

/** One series for each colour. */
function grouped(
  columns: Record<string, Column>,
  value: string,
  kind: NonNullable<ISeries['kind']>,
  trans: ITrans
): ISeries[] {
  const x = columns.x ?? [];
  const y = columns[value] ?? [];
  const by = columns.by as Column | undefined;
  const missing = trans.__('missing');
  const series = new Map<
    string,
    { x: (number | string)[]; y: (number | null)[] }
  >();
  x.forEach((at, i) => {
    const name = by ? String(by[i] ?? missing) : '';
    const one = series.get(name) ?? { x: [], y: [] };
    series.set(name, one);
    one.x.push((at as number | string | null) ?? missing);
    one.y.push(y[i] as number | null);
  });
  return [...series].map(([name, points]) => ({ name, kind, ...points }));
}

function longest(values: Column | undefined): number {
  return Math.max(0, ...(values ?? []).map(value => String(value).length));
}
