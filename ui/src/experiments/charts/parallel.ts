/** Parallel coordinates without a screen: axes, lines, what brushes leave, and the picture as text. */
import type { Cell } from '../../api/types';
import { escapeXml } from './xml';
import { scaleOf } from './scale';
import type { IScale } from './scale';

export interface IParallelAxis {
  key: string;
  label: string;
  values: readonly Cell[];
  scale: IScale;
}

/** The part of an axis that was brushed, from 0 (below) to 1. */
export type Brush = readonly [number, number];

export interface IGeometry {
  width: number;
  height: number;
}

export const MARGIN = { top: 34, right: 64, bottom: 38, left: 64 };
/** Where lines go whose run has no value: below the axis. */
export const MISSING_GAP = 14;

export function axesOf(
  keys: readonly string[],
  labels: (key: string) => string,
  values: (key: string) => readonly Cell[]
): IParallelAxis[] {
  return keys.map(key => {
    const column = values(key);
    return { key, label: labels(key), values: column, scale: scaleOf(column) };
  });
}

export function axisX(i: number, count: number, size: IGeometry): number {
  const inner = size.width - MARGIN.left - MARGIN.right;
  return count === 1
    ? MARGIN.left + inner / 2
    : MARGIN.left + (inner * i) / (count - 1);
}

/** Pixels from one axis to the next. */
export function axisGap(count: number, size: IGeometry): number {
  return count > 1
    ? axisX(1, count, size) - axisX(0, count, size)
    : size.width / 2;
}

/** A label in so many pixels; of the insides of something, the end says most. */
export function fitted(label: string, pixels: number, letter: number): string {
  const room = Math.max(3, Math.floor(pixels / letter));
  if (label.length <= room) {
    return label;
  }
  return /__|\//.test(label)
    ? `…${label.slice(1 - room)}`
    : `${label.slice(0, room - 1)}…`;
}

/** The mean width of a letter of axes' names, and of their values. */
export const LETTER = { title: 6.9, tick: 6.3 };
/** A longer value would lie across the lines of the next axis. */
export const LONGEST_TICK = 92;

export function placeY(place: number | null, size: IGeometry): number {
  const inner = size.height - MARGIN.top - MARGIN.bottom;
  return place === null
    ? MARGIN.top + inner + MISSING_GAP
    : MARGIN.top + inner * (1 - place);
}

/** The share of the axis at a height of the picture. */
export function shareAt(y: number, size: IGeometry): number {
  const inner = size.height - MARGIN.top - MARGIN.bottom;
  return Math.max(0, Math.min(1 - (y - MARGIN.top) / inner, 1));
}

/** The points of every run's line. */
export function linesOf(
  axes: readonly IParallelAxis[],
  count: number,
  size: IGeometry
): number[][] {
  const xs = axes.map((_, i) => axisX(i, axes.length, size));
  return Array.from({ length: count }, (_, run) =>
    axes.flatMap((axis, i) => [
      xs[i],
      placeY(axis.scale.place(axis.values[run] ?? null), size)
    ])
  );
}

/** Which runs lie within all brushes. */
export function brushed(
  axes: readonly IParallelAxis[],
  brushes: ReadonlyMap<string, Brush>,
  count: number
): boolean[] {
  const active = axes.filter(axis => brushes.has(axis.key));
  return Array.from({ length: count }, (_, run) =>
    active.every(axis => {
      const [low, high] = brushes.get(axis.key)!;
      const place = axis.scale.place(axis.values[run] ?? null);
      return place !== null && place >= low - 1e-9 && place <= high + 1e-9;
    })
  );
}

/** The run whose line is nearest to a point, within so many pixels. */
export function nearest(
  lines: readonly (readonly number[])[],
  x: number,
  y: number,
  kept: readonly boolean[],
  reach = 8
): number | null {
  let best: number | null = null;
  let distance = reach;
  for (let run = 0; run < lines.length; run++) {
    if (!kept[run]) {
      continue;
    }
    const line = lines[run];
    for (let i = 0; i + 3 < line.length; i += 2) {
      const [x0, y0, x1, y1] = [line[i], line[i + 1], line[i + 2], line[i + 3]];
      if (x < x0 || x > x1) {
        continue;
      }
      const at = y0 + ((y1 - y0) * (x - x0)) / Math.max(x1 - x0, 1e-9);
      // The distance across a steep line is less than the one downwards.
      const slope = (y1 - y0) / Math.max(x1 - x0, 1e-9);
      const off = Math.abs(at - y) / Math.sqrt(1 + slope * slope);
      if (off < distance) {
        distance = off;
        best = run;
      }
      break;
    }
  }
  return best;
}

/** An axis moved to another place in the order. */
export function moveAxis(
  keys: readonly string[],
  key: string,
  to: number
): string[] {
  const next = keys.filter(one => one !== key);
  next.splice(Math.max(0, Math.min(to, next.length)), 0, key);
  return next;
}

export interface IParallelStyle {
  font: string;
  text: string;
  faint: string;
  grid: string;
  paper: string;
}

/** The whole picture as SVG, for a file. */
export function parallelSvg(
  axes: readonly IParallelAxis[],
  lines: readonly (readonly number[])[],
  colors: readonly string[],
  kept: readonly boolean[],
  size: IGeometry,
  style: IParallelStyle
): string {
  const paths = lines.map((line, run) => {
    const points: string[] = [];
    for (let i = 0; i < line.length; i += 2) {
      points.push(`${line[i].toFixed(1)},${line[i + 1].toFixed(1)}`);
    }
    return (
      `<polyline points="${points.join(' ')}" fill="none" stroke="${kept[run] ? colors[run] : style.grid}"` +
      ` stroke-opacity="${kept[run] ? 0.75 : 0.4}" stroke-width="1.4"/>`
    );
  });
  const drawn = axes.map((axis, i) => {
    const x = axisX(i, axes.length, size);
    const gap = axisGap(axes.length, size);
    const ticks = axis.scale.ticks.map(
      tick =>
        `<text x="${x + 6}" y="${placeY(tick.at, size) + 4}" font-size="11" fill="${style.faint}">${escapeXml(fitted(tick.label, Math.min(gap - 14, LONGEST_TICK), LETTER.tick))}</text>`
    );
    return (
      `<line x1="${x}" x2="${x}" y1="${placeY(1, size)}" y2="${placeY(0, size)}" stroke="${style.faint}"/>` +
      `<text x="${x}" y="16" text-anchor="middle" font-size="12" fill="${style.text}">${escapeXml(fitted(axis.label, gap - 8, LETTER.title))}</text>` +
      ticks.join('')
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" font-family="${escapeXml(style.font)}">` +
    `<rect width="100%" height="100%" fill="${style.paper}"/>` +
    paths.join('') +
    drawn.join('') +
    '</svg>'
  );
}
