import * as React from 'react';
import { Button } from '../components/Button';
import { Skeleton } from '../components/Skeleton';
import { useSize } from '../hooks/useSize';
import { useTrans } from '../host';
import { neighbour } from './paths';
import type { IGraphEdge, IGraphNode, ILayout } from './types';

const ZOOMS = [0.25, 0.4, 0.55, 0.7, 0.85, 1, 1.25, 1.5];

/** The layout of a graph, null until its library is there. */
export function useLayout(
  nodes: readonly IGraphNode[],
  edges: readonly IGraphEdge[]
): ILayout | null {
  const [found, setFound] = React.useState<ILayout | null>(null);
  const signature = JSON.stringify([
    nodes.map(({ id, width, height }) => [id, width, height]),
    edges.map(({ source, target }) => [source, target])
  ]);
  React.useEffect(() => {
    let current = true;
    void import('./layout').then(({ layout }) => {
      if (current) {
        setFound(layout(nodes, edges));
      }
    });
    return () => {
      current = false;
    };
    // Equal nodes and edges have equal places.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [signature]);
  return found;
}

export interface IGraphProps {
  label: string;
  layout: ILayout | null;
  nodes: readonly IGraphNode[];
  /** The node that the graph is about: in view and active at first. */
  focus: string;
  /** Lines below the nodes, in the layout's coordinates. */
  lines: React.ReactNode;
  node: (id: string) => React.ReactNode;
  onOpen: (id: string) => void;
  /** Plus: show what lies beyond a node. */
  onExpand?: (id: string) => void;
}

/** A graph with one stop of the Tab key: arrows go from node to node, Enter opens, Escape leaves. */
export function Graph(props: IGraphProps): JSX.Element {
  const { layout, nodes, focus, onOpen, onExpand } = props;
  const trans = useTrans();
  const frame = React.useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  const [active, setActive] = React.useState(focus);
  const [chosen, setChosen] = React.useState<number | null>(null);
  const fit = layout
    ? Math.min(
        size.width / Math.max(layout.width, 1),
        size.height / Math.max(layout.height, 1),
        1
      )
    : 1;
  const zoom = chosen ?? Math.max(fit, 0.85);
  const current = layout?.places.has(active) ? active : focus;

  React.useEffect(() => {
    const place = layout?.places.get(focus);
    if (frame.current && place) {
      // What the graph is about stands in the middle.
      frame.current.scrollLeft = place.x * zoom - frame.current.clientWidth / 3;
      frame.current.scrollTop = place.y * zoom - frame.current.clientHeight / 2;
    }
    // Once for a layout: later the reader has moved.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [layout === null, focus]);

  const onKeyDown = (event: React.KeyboardEvent<HTMLDivElement>): void => {
    if (!layout) {
      return;
    }
    const next = neighbour(layout, current, event.key);
    if (next) {
      setActive(next);
      nodeElement(frame.current, next)?.focus();
    } else if (event.key === '+' && onExpand) {
      onExpand(current);
    } else if (event.key === 'Enter' && event.target !== frame.current) {
      return;
    } else if (event.key === 'Escape') {
      frame.current?.parentElement?.querySelector('button')?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const step = (by: number): void => {
    const at = ZOOMS.findIndex(one => one >= zoom - 0.01);
    setChosen(ZOOMS[Math.max(0, Math.min(at + by, ZOOMS.length - 1))]);
  };
  return (
    <div className="jp-mlnb-Graph">
      <div className="jp-mlnb-Graph-tools">
        <Button
          label={trans.__('Smaller')}
          icon="minus"
          iconOnly
          onClick={() => step(-1)}
        />
        <Button
          label={trans.__('Larger')}
          icon="plus"
          iconOnly
          onClick={() => step(1)}
        />
        <Button
          label={trans.__('Fit')}
          kind="link"
          title={trans.__('Show the whole graph')}
          onClick={() => setChosen(fit)}
        />
      </div>
      <div
        ref={frame}
        className="jp-mlnb-Graph-frame"
        role="group"
        aria-label={props.label}
        aria-keyshortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown Enter Plus Escape"
        onKeyDown={onKeyDown}
      >
        {!layout ? (
          <Skeleton rows={4} />
        ) : (
          <div
            className="jp-mlnb-Graph-canvas"
            style={{ width: layout.width * zoom, height: layout.height * zoom }}
          >
            <div
              style={{
                width: layout.width,
                height: layout.height,
                transform: `scale(${zoom})`,
                transformOrigin: '0 0'
              }}
            >
              <svg
                className="jp-mlnb-Graph-lines"
                width={layout.width}
                height={layout.height}
                aria-hidden
              >
                {props.lines}
              </svg>
              {nodes.map(({ id, width, height }) => {
                const place = layout.places.get(id);
                return (
                  place && (
                    <div
                      key={id}
                      className="jp-mlnb-Graph-node"
                      data-node={id}
                      data-focus={id === focus || undefined}
                      style={{ left: place.x, top: place.y, width, height }}
                    >
                      <NodeContext.Provider
                        value={{
                          tabIndex: id === current ? 0 : -1,
                          onFocus: () => setActive(id),
                          onClick: () => onOpen(id)
                        }}
                      >
                        {props.node(id)}
                      </NodeContext.Provider>
                    </div>
                  )
                );
              })}
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

interface INodeContext {
  tabIndex: number;
  onFocus: () => void;
  onClick: () => void;
}

/** What the button of a node is given by its graph. */
export const NodeContext = React.createContext<INodeContext>({
  tabIndex: 0,
  onFocus: () => undefined,
  onClick: () => undefined
});

function nodeElement(
  frame: HTMLElement | null,
  id: string
): HTMLElement | null {
  const nodes = frame?.querySelectorAll<HTMLElement>('[data-node]') ?? [];
  const found = [...nodes].find(one => one.dataset.node === id);
  return found?.querySelector<HTMLElement>('button') ?? null;
}
