/** A surface through scattered points, for contours: nearer points count more, and where none is near there is no surface. */

export interface IPoint {
  x: number;
  y: number;
  z: number;
}

export interface ISurface {
  x: number[];
  y: number[];
  z: (number | null)[][];
}

/** Cells along each side. */
const SIZE = 40;
/** Points farther away than this share of the picture say nothing of a place. */
const REACH = 0.4;

export function surfaceOf(
  points: readonly IPoint[],
  log: { x: boolean; y: boolean } = { x: false, y: false }
): ISurface {
  const toX = log.x ? Math.log10 : same;
  const toY = log.y ? Math.log10 : same;
  const xs = extent(points.map(point => toX(point.x)));
  const ys = extent(points.map(point => toY(point.y)));
  const norm = points.map(point => ({
    x: (toX(point.x) - xs.low) / xs.span,
    y: (toY(point.y) - ys.low) / ys.span,
    z: point.z
  }));
  const places = Array.from({ length: SIZE }, (_, i) => i / (SIZE - 1));
  return {
    x: places.map(at => back(xs.low + at * xs.span, log.x)),
    y: places.map(at => back(ys.low + at * ys.span, log.y)),
    z: places.map(v => places.map(u => heightAt(norm, u, v)))
  };
}

const same = (value: number): number => value;
const back = (value: number, log: boolean): number =>
  log ? 10 ** value : value;

function extent(values: readonly number[]): { low: number; span: number } {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return { low, span: high - low || 1 };
}

function heightAt(
  points: readonly IPoint[],
  u: number,
  v: number
): number | null {
  let weights = 0;
  let sum = 0;
  let nearest = Infinity;
  for (const point of points) {
    const square = (point.x - u) ** 2 + (point.y - v) ** 2;
    nearest = Math.min(nearest, square);
    const weight = 1 / (square + 1e-3) ** 1.5;
    weights += weight;
    sum += weight * point.z;
  }
  return nearest > REACH ** 2 ? null : sum / weights;
}
