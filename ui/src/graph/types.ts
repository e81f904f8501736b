export interface IPoint {
  x: number;
  y: number;
}

export interface IGraphNode {
  id: string;
  width: number;
  height: number;
}

export interface IGraphEdge {
  source: string;
  target: string;
}

export interface ILayout {
  width: number;
  height: number;
  /** Upper left corners, by id. */
  places: ReadonlyMap<string, IPoint>;
  /** Bends of the edges, by source and target. */
  paths: ReadonlyMap<string, readonly IPoint[]>;
}
