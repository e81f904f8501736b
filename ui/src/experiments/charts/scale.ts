/** Axes of our own pictures: where a value stands, which ticks there are, which colour it has. */
import type { Cell } from '../../api/types';
import { formatNumber } from '../../format';
import { isNumeric, numberOf, wantsLog } from './data';

export interface ITick {
  /** From 0 (below) to 1 (on top). */
  at: number;
  label: string;
}

export interface IScale {
  kind: 'number' | 'log' | 'category';
  ticks: readonly ITick[];
  /** From 0 to 1; null for a value that has no place. */
  place(value: Cell): number | null;
}

/** The scale that fits the values: by size, by powers of ten, or one place for each text. */
export function scaleOf(values: readonly Cell[]): IScale {
  if (!isNumeric(values)) {
    return categoryScale(values);
  }
  const numbers = values
    .map(numberOf)
    .filter((value): value is number => value !== null);
  return wantsLog(numbers) ? logScale(numbers) : linearScale(numbers);
}

function linearScale(numbers: readonly number[]): IScale {
  const low = min(numbers);
  const high = max(numbers);
  const span = high - low;
  const place = (value: number): number =>
    span === 0 ? 0.5 : (value - low) / span;
  return {
    kind: 'number',
    ticks: (span === 0 ? [low] : niceTicks(low, high)).map(value => ({
      at: place(value),
      label: formatNumber(value)
    })),
    place: value => {
      const number = numberOf(value);
      return number === null ? null : place(number);
    }
  };
}

function logScale(numbers: readonly number[]): IScale {
  const low = Math.log10(min(numbers));
  const high = Math.log10(max(numbers));
  const span = high - low;
  const ticks: ITick[] = [];
  for (let power = Math.ceil(low - 1e-9); power <= high + 1e-9; power++) {
    ticks.push({
      at: (power - low) / span,
      label: formatNumber(Number((10 ** power).toPrecision(6)))
    });
  }
  return {
    kind: 'log',
    ticks,
    place: value => {
      const number = numberOf(value);
      return number === null || number <= 0
        ? null
        : (Math.log10(number) - low) / span;
    }
  };
}

/** Texts in their natural order, each in a place of its own. */
function categoryScale(values: readonly Cell[]): IScale {
  const texts = [
    ...new Set(
      values
        .filter(value => value !== null && value !== '')
        .map(value => String(value))
    )
  ].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const places = new Map(
    texts.map((text, i) => [
      text,
      texts.length === 1 ? 0.5 : i / (texts.length - 1)
    ])
  );
  const step = Math.ceil(texts.length / 14);
  return {
    kind: 'category',
    ticks: texts
      .filter((_, i) => i % step === 0)
      .map(text => ({ at: places.get(text)!, label: text })),
    place: value =>
      value === null ? null : (places.get(String(value)) ?? null)
  };
}

/** Round values between two others, about five of them. */
export function niceTicks(low: number, high: number, wanted = 5): number[] {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find(one => one * power >= rough)! * power;
  const ticks: number[] = [];
  for (
    let i = Math.ceil(low / step - 1e-9);
    i * step <= high + step * 1e-9;
    i++
  ) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}

const min = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Infinity);
const max = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), -Infinity);

type Rgb = readonly [number, number, number];

export function parseRgb(color: string): Rgb {
  const [r = 128, g = 128, b = 128] =
    /rgba?\(([^)]+)\)/
      .exec(color)?.[1]
      .split(/[\s,/]+/)
      .map(Number) ?? [];
  return [r, g, b];
}

/** The colour at a place from 0 to 1 between the stops of a ramp. */
export function rampColor(stops: readonly string[], at: number): string {
  const colors = stops.map(parseRgb);
  const scaled = Math.max(0, Math.min(at, 1)) * (colors.length - 1);
  const i = Math.min(Math.floor(scaled), colors.length - 2);
  const part = scaled - i;
  const mixed = colors[i].map((channel, c) =>
    Math.round(channel + (colors[i + 1][c] - channel) * part)
  );
  return `rgb(${mixed.join(', ')})`;
}
