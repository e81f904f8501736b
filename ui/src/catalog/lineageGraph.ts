/** A lineage that grows hop by hop: answers joined, columns that are shown, sizes of nodes. */
import type { ILineage, ILineageEdge, ILineageNode } from '../api/types.tables';
import { notebookName } from '../components/NotebookLink';
import { edgePath } from '../graph/edges';
import type { ILayout } from '../graph/types';
import type { ITrans } from '../host';

export type Direction = 'upstream' | 'downstream';

/** A node beyond which has been looked. */
export interface IExpansion {
  id: string;
  direction: Direction;
}

export interface IMerged {
  nodes: readonly ILineageNode[];
  edges: readonly ILineageEdge[];
}

const WIDTH = 220;
const HEAD = 44;
const LINE = 20;
/** A table with more linked columns shows the first ones. */
const MAX_COLUMNS = 14;

function edgeId(edge: ILineageEdge): string {
  return `${edge.source}\n${edge.target}\n${edge.kind}`;
}

/** Joins the answers; a node beyond which was looked has nothing more there. */
export function merge(
  parts: readonly ILineage[],
  expanded: readonly IExpansion[]
): IMerged {
  const nodes = new Map<string, ILineageNode>();
  const edges = new Map<string, ILineageEdge>();
  for (const part of parts) {
    for (const node of part.nodes) {
      const old = nodes.get(node.id);
      nodes.set(
        node.id,
        old
          ? {
              ...old,
              ...node,
              columns: node.columns ?? old.columns,
              // Each answer counts what it does not hold itself.
              more: {
                upstream: Math.min(old.more.upstream, node.more.upstream),
                downstream: Math.min(old.more.downstream, node.more.downstream)
              }
            }
          : node
      );
    }
    for (const edge of part.edges) {
      edges.set(edgeId(edge), edge);
    }
  }
  for (const { id, direction } of expanded) {
    const node = nodes.get(id);
    if (node) {
      nodes.set(id, { ...node, more: { ...node.more, [direction]: 0 } });
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

/** Columns of each node that an edge begins or ends at, in the table's order. */
export function linkedColumns(merged: IMerged): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  const note = (id: string, column: string): void => {
    found.set(id, (found.get(id) ?? new Set()).add(column));
  };
  for (const edge of merged.edges) {
    for (const { source, target } of edge.columns ?? []) {
      note(edge.source, source);
      if (target !== undefined) {
        note(edge.target, target);
      }
    }
  }
  return new Map(
    merged.nodes.map(node => {
      const linked = found.get(node.id) ?? new Set<string>();
      const known = node.columns?.map(column => column.name) ?? [];
      const order = known.length > 0 ? known : [...linked];
      const listed = order.filter(name => linked.has(name));
      return [node.id, listed.slice(0, MAX_COLUMNS)];
    })
  );
}

export function sizeOf(columns: readonly string[]): {
  width: number;
  height: number;
} {
  return {
    width: WIDTH,
    height: HEAD + (columns.length > 0 ? columns.length * LINE + 6 : 0)
  };
}

/** How far below its node's upper edge a column's line begins. */
export function portOf(columns: readonly string[], name: string): number {
  const at = columns.indexOf(name);
  return at < 0 ? HEAD / 2 : HEAD + at * LINE + LINE / 2;
}

/** What a node is, in a word. */
export function lineageKind(kind: string, trans: ITrans): string {
  const words: Record<string, string> = {
    table: trans.__('table'),
    view: trans.__('view'),
    volume: trans.__('volume'),
    function: trans.__('function'),
    external: trans.__('outside'),
    path: trans.__('file'),
    frame: trans.__('data frame'),
    cell: trans.__('cell'),
    query: trans.__('query'),
    notebook: trans.__('notebook'),
    run: trans.__('run'),
    job: trans.__('job'),
    model: trans.__('model'),
    model_version: trans.__('model version'),
    endpoint: trans.__('endpoint'),
    monitor: trans.__('monitor')
  };
  return words[kind] ?? kind;
}

/** The notebook and cell that a node stands for, null for any other node. */
export function notebookOf(
  kind: string,
  name: string
): { path: string; cell?: string } | null {
  if (kind === 'notebook') {
    return { path: name };
  }
  const at = kind === 'cell' ? name.lastIndexOf('#') : -1;
  return at > 0 ? { path: name.slice(0, at), cell: name.slice(at + 1) } : null;
}

/** The last part of a dotted name, and what stands before it; of a path its file. */
export function namesOf(
  node: ILineageNode,
  trans: ITrans
): { head: string; tail: string } {
  const place = notebookOf(node.kind, node.name);
  if (place) {
    const head = place.cell && trans.__('cell %1', place.cell.slice(0, 8));
    return { head: head ?? '', tail: notebookName(place.path) };
  }
  const dotted = [
    'table',
    'view',
    'volume',
    'function',
    'model',
    'model_version',
    'monitor'
  ];
  const at = dotted.includes(node.kind) ? node.name.lastIndexOf('.') : -1;
  return {
    head: at > 0 ? node.name.slice(0, at) : '',
    tail: node.name.slice(at + 1)
  };
}

export interface ILine {
  key: string;
  path: string;
  kind: string;
}

/** One line for each edge, or for each pair of columns where they are known. */
export function linesOf(
  merged: IMerged,
  columns: ReadonlyMap<string, readonly string[]>,
  layout: ILayout
): ILine[] {
  return merged.edges.flatMap((edge: ILineageEdge) => {
    const from = columns.get(edge.source) ?? [];
    const to = columns.get(edge.target) ?? [];
    const pairs =
      columns.size > 0
        ? (edge.columns ?? []).filter(
            pair => from.includes(pair.source) && to.includes(pair.target ?? '')
          )
        : [];
    if (pairs.length > 0) {
      return pairs.map(pair => ({
        key: `${edge.source}>${edge.target}>${pair.source}>${pair.target}`,
        kind: pair.kind,
        path: edgePath(layout, edge, {
          from: portOf(from, pair.source),
          to: portOf(to, pair.target ?? '')
        })
      }));
    }
    return [
      {
        key: `${edge.source}>${edge.target}>${edge.kind}`,
        kind: edge.kind,
        path: edgePath(layout, edge)
      }
    ];
  });
}
