/** Places for the nodes of a directed graph, left to right. The library is large: import this module when a graph is shown. */
import * as dagre from '@dagrejs/dagre';
import type { IGraphEdge, IGraphNode, ILayout, IPoint } from './types';

export function layout(
  nodes: readonly IGraphNode[],
  edges: readonly IGraphEdge[]
): ILayout {
  const graph = new dagre.graphlib.Graph({ multigraph: false });
  graph.setGraph({
    rankdir: 'LR',
    nodesep: 18,
    ranksep: 72,
    marginx: 24,
    marginy: 24
  });
  graph.setDefaultEdgeLabel(() => ({}));
  const known = new Set(nodes.map(node => node.id));
  for (const { id, width, height } of nodes) {
    graph.setNode(id, { width, height });
  }
  for (const { source, target } of edges) {
    // A table that is made from itself has an edge to itself: it is said in the list.
    if (source !== target && known.has(source) && known.has(target)) {
      graph.setEdge(source, target);
    }
  }
  dagre.layout(graph);
  const places = new Map<string, IPoint>();
  for (const { id, width, height } of nodes) {
    const { x, y } = graph.node(id);
    places.set(id, { x: x - width / 2, y: y - height / 2 });
  }
  const paths = new Map<string, readonly IPoint[]>();
  for (const { v, w } of graph.edges()) {
    paths.set(edgeKey(v, w), graph.edge(v, w).points);
  }
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Number.isFinite(width) ? width : 0,
    height: Number.isFinite(height) ? height : 0,
    places,
    paths
  };
}

export function edgeKey(source: string, target: string): string {
  return `${source}\n${target}`;
}
