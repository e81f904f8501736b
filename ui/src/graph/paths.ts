/** Lines between nodes, and which node lies where a key points. */
import type { ILayout, IPoint } from './types';

/** A smooth line through bends. */
export function curve(points: readonly IPoint[]): string {
  if (points.length < 2) {
    return '';
  }
  const at = ({ x, y }: IPoint): string => `${round(x)} ${round(y)}`;
  const last = points.length - 1;
  let path = `M${at(points[0])}`;
  for (let i = 1; i < last; i++) {
    const next = points[i + 1];
    const middle = {
      x: (points[i].x + next.x) / 2,
      y: (points[i].y + next.y) / 2
    };
    path += ` Q${at(points[i])} ${at(i === last - 1 ? next : middle)}`;
  }
  return last === 1 ? path + ` L${at(points[1])}` : path;
}

/** A line that leaves to the right and arrives from the left. */
export function bridge(from: IPoint, to: IPoint): string {
  const bend = Math.max(Math.abs(to.x - from.x) / 2, 24);
  return `M${round(from.x)} ${round(from.y)} C${round(from.x + bend)} ${round(from.y)} ${round(to.x - bend)} ${round(to.y)} ${round(to.x)} ${round(to.y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The next node in the direction of an arrow key: near, and rather straight on than aside. */
export function neighbour(
  layout: ILayout,
  from: string,
  key: string
): string | null {
  const start = layout.places.get(from);
  const axis = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[key];
  if (!start || !axis) {
    return null;
  }
  const across = key === 'ArrowLeft' || key === 'ArrowRight';
  let best: string | null = null;
  let least = Infinity;
  for (const [id, place] of layout.places) {
    const ahead = (across ? place.x - start.x : place.y - start.y) * axis;
    const aside = Math.abs(across ? place.y - start.y : place.x - start.x);
    const distance = ahead + 2 * aside;
    if (id !== from && ahead > 1 && distance < least) {
      best = id;
      least = distance;
    }
  }
  return best;
}
