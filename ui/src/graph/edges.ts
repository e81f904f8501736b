import { bridge, curve } from './paths';
import type { IGraphEdge, ILayout } from './types';

/** Width of nodes: lines leave at the right and arrive at the left. */
const WIDTH = 220;

/** The line of an edge: through the layout's bends, or between two heights of its nodes. */
export function edgePath(
  layout: ILayout,
  edge: IGraphEdge,
  heights?: { from: number; to: number }
): string {
  const from = layout.places.get(edge.source);
  const to = layout.places.get(edge.target);
  if (!from || !to || edge.source === edge.target) {
    return '';
  }
  if (heights) {
    return bridge(
      { x: from.x + WIDTH, y: from.y + heights.from },
      { x: to.x, y: to.y + heights.to }
    );
  }
  return curve(layout.paths.get(`${edge.source}\n${edge.target}`) ?? []);
}
